import { once } from 'node:events'
import { createServer } from 'node:http'
import { MessageChannel } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { MessageTransport } from '../../common/message-transport.ts'
import { lineOver } from '../../main/electron/port-line.ts'
import { messageChannelMain } from './electron-ports.ts'

/** Two ends of one line of the contract, the host's and the page's, over each of the carriers there are. */
export interface LinePair {
  readonly host: MessageTransport
  readonly page: MessageTransport
}

/** Electron's channel: the host's end as the main process has it, the page's as the page has it. */
export function electronLine(): LinePair {
  const { port1, port2 } = messageChannelMain()
  const page = new MessageTransport({ send: (frame) => port2.postMessage(frame), close: () => port2.close() })
  port2.on('message', (event) => page.deliver(event.data))
  port2.on('close', () => page.disconnect('closed'))
  port2.start()
  return { host: lineOver(port1), page }
}

/** A port of the platform, with its structured clone. */
export function channelLine(): LinePair {
  const { port1, port2 } = new MessageChannel()
  const [host, page] = [port1, port2].map((port) => {
    const line = new MessageTransport({ send: (frame) => port.postMessage(frame), close: () => port.close() })
    port.on('message', (message) => line.deliver(message)).on('close', () => line.disconnect('closed'))
    return line
  })
  onTestFinished(() => port1.close())
  if (!host || !page) throw new Error('unreachable')
  return { host, page }
}

/** A real WebSocket over loopback. */
export async function socketLine(): Promise<LinePair> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const accepting = once(sockets, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const [accepted]: WebSocket[] = await accepting
  await once(client, 'open')
  onTestFinished(() => {
    client.terminate()
    server.close()
  })
  if (!accepted) throw new Error('unreachable')
  const [host, page] = [accepted, client].map((socket) => {
    const line = new MessageTransport({ send: (frame) => socket.send(frame), close: () => socket.close() })
    socket.on('message', (data, isBinary) => line.deliver(isBinary || !Buffer.isBuffer(data) ? data : data.toString()))
    socket.on('close', () => line.disconnect('closed'))
    return line
  })
  if (!host || !page) throw new Error('unreachable')
  return { host, page }
}
