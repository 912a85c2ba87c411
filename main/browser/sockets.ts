import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { MessageTransport } from '../../common/message-transport.ts'
import { hasToken, isFromOurPage, offeredToken } from './admission.ts'

// The page sends calls, and what is typed: anything larger than this is not from our page.
const MAX_MESSAGE = 1 << 20
// A laptop that went to sleep, or a tunnel that died, leaves its socket behind: one that does not answer is dropped.
const PING_INTERVAL = 20_000

/** Accepts the pages' WebSockets at /host and hands each over as a line of the contract. Returns what ends them all. */
export function acceptSockets(server: Server, token: string, connect: (line: MessageTransport) => void): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    // The one protocol we speak; the token, offered beside it, is not to be echoed.
    handleProtocols: (offered) => (offered.has('hopscope') ? 'hopscope' : false),
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, token)
    if (refusal) {
      // From here on it is no connection of the server's, which neither hears of its errors nor ends it.
      socket.on('error', () => socket.destroy())
      socket.once('finish', () => socket.destroy())
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => connect(lineOver(accepted)))
  })
  return () => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
  }
}

function refusalOf({ url, headers }: IncomingMessage, token: string): string | undefined {
  if (url !== '/host') return '404 Not Found'
  if (!isFromOurPage(headers, { needsOrigin: true })) return '403 Forbidden'
  if (!hasToken(offeredToken(headers), token)) return '401 Unauthorized'
  return undefined
}

function lineOver(socket: WebSocket): MessageTransport {
  const line = new MessageTransport({
    send: (frame) => socket.send(frame),
    close: () => socket.close(),
  })
  let answered = true
  const pings = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_INTERVAL)
  socket.on('pong', () => (answered = true))
  socket.on('message', (data, isBinary) => line.deliver(isBinary || !Buffer.isBuffer(data) ? data : data.toString()))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(pings)
    line.disconnect('The page is gone.')
  })
  return line
}
