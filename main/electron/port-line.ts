import type { MessagePortMain } from 'electron'
import { MessageTransport } from '../../common/message-transport.ts'

/** A line of the contract over one end of a message channel, as the main process has it. */
export function lineOver(port: MessagePortMain): MessageTransport {
  const line = new MessageTransport({
    send: (frame) => port.postMessage(frame),
    close: () => port.close(),
  })
  port.on('message', (event) => line.deliver(event.data))
  port.on('close', () => line.disconnect('The window is gone.'))
  port.start()
  return line
}
