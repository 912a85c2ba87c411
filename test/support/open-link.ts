import { MessageChannel } from 'node:worker_threads'
import type { HostContract } from '../../common/contract.ts'
import { MessageTransport } from '../../common/message-transport.ts'
import type { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'
import { HostLink } from '../../renderer/app/host-link.ts'

/** A page's whole side of the contract, and every frame that came to it, as text. */
export async function openLink(host: Host) {
  const messages: string[] = []
  const link = new HostLink(
    {
      kind: 'browser',
      initialCaptures: [],
      dataRequest: ({ url }) => ({ url, headers: {} }),
      connect: () => {
        const { port1, port2 } = new MessageChannel()
        const [ours, theirs] = [port1, port2].map((port) => {
          const line = new MessageTransport({
            send: (frame) => port.postMessage(frame),
            close: () => port.close(),
          })
          port
            .on('message', (frame) => {
              if (port === port2) messages.push(typeof frame === 'string' ? frame : Buffer.from(frame).toString())
              line.deliver(frame)
            })
            .on('close', () => line.disconnect('closed'))
          return line
        })
        if (!ours || !theirs) throw new Error('unreachable')
        host.connect(ours, { door: 'pipe', commands: new Mailbox() })
        return Promise.resolve(theirs)
      },
    },
    new EventTarget(),
  )
  await link.start()
  const contract: HostContract = link.host
  return {
    host: contract,
    messages,
    [Symbol.asyncDispose]: () => {
      link[Symbol.dispose]()
      return Promise.resolve()
    },
  }
}
