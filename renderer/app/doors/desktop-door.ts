import { HostError } from '../../../common/host-error.ts'
import { MessageTransport } from '../../../common/message-transport.ts'
import type { Door } from './door.ts'
import { readArrival } from './fragment.ts'

const CONNECT_TIMEOUT = 5_000

/** The Electron window: the preload hands over one end of a message channel to the main process, each time it is asked. */
export function desktopDoor(): Door {
  const arrival = readArrival(location.hash)
  if (arrival.rest !== location.hash) {
    history.replaceState(history.state, '', location.pathname + location.search + arrival.rest)
  }
  return {
    kind: 'desktop',
    initialCaptures: arrival.captures,
    connect: (signal) =>
      new Promise((resolve, reject) => {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT)])
        const onMessage = (event: MessageEvent) => {
          const [port] = event.ports
          if (event.source !== window || event.data !== 'hopscope:port' || !port) return
          window.removeEventListener('message', onMessage)
          resolve(transportOver(port))
        }
        limit.addEventListener('abort', () => {
          window.removeEventListener('message', onMessage)
          reject(new HostError('unavailable', 'The main process of Hopscope does not answer. Quit and start it again.'))
        })
        window.addEventListener('message', onMessage)
        window.postMessage('hopscope:connect', location.origin)
      }),
    // The page's own scheme serves the bytes too: same origin, so neither CORS nor a token is needed.
    dataRequest: (capture) => ({ url: new URL(capture.url, 'hopscope://app/').href, headers: {} }),
  }
}

function transportOver(port: MessagePort): MessageTransport {
  const transport = new MessageTransport({
    send: (frame) => port.postMessage(frame),
    close: () => port.close(),
  })
  port.addEventListener('message', (event) => transport.deliver(event.data))
  port.addEventListener('close', () => transport.disconnect('The connection to the main process is lost.'))
  port.start()
  return transport
}
