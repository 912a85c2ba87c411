import { HostError } from '../../../common/host-error.ts'
import { MessageTransport } from '../../../common/message-transport.ts'
import type { Door } from './door.ts'
import { readArrival } from './fragment.ts'

const TOKEN_KEY = 'hopscope-token'
const CONNECT_TIMEOUT = 5_000

/**
 * `hopscope serve`: a WebSocket to the server this page came from, with the token it was opened with. The token leaves the address bar
 * at once (a copied address, a bookmark or a screenshot must not carry it) and stays in this tab's session storage for reloads.
 */
export function browserDoor(): Door {
  const arrival = readArrival(location.hash)
  let { ticket } = arrival
  if (arrival.token !== undefined) sessionStorage.setItem(TOKEN_KEY, arrival.token)
  if (arrival.rest !== location.hash) {
    history.replaceState(history.state, '', location.pathname + location.search + arrival.rest)
  }
  const base = new URL('/', location.href)
  const door = new URL('door', base)
  const headers = () => ({ authorization: `Bearer ${sessionStorage.getItem(TOKEN_KEY)}` })

  return {
    kind: 'browser',
    initialCaptures: arrival.captures,
    async connect(signal) {
      if (ticket !== undefined) {
        sessionStorage.setItem(TOKEN_KEY, await tokenFor(ticket, door))
        ticket = undefined
      }
      const token = sessionStorage.getItem(TOKEN_KEY)
      if (!token) {
        throw new HostError(
          'permission-denied',
          'This address lacks the token that lets a page in. Open the whole URL that `hopscope serve` printed, with everything after the #.',
        )
      }
      // What no token has would make a bad header, and an error with the token in it.
      if (!/^[\w-]+$/.test(token)) throw notValid()
      const socketUrl = new URL('host', base)
      socketUrl.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:'
      const socket = new WebSocket(socketUrl, ['hopscope', `token.${token}`])
      if (await opened(socket, signal)) return transportOver(socket)
      // A refused upgrade and a dead server look the same to a page: ask by plain HTTP which one it was.
      throw await whyRefused(door, headers())
    },
    dataRequest: (capture) => ({ url: new URL(capture.url, base).href, headers: headers() }),
  }
}

async function tokenFor(ticket: string, door: URL): Promise<string> {
  const answer = await fetch(door, { headers: { authorization: `Ticket ${ticket}` }, cache: 'no-store' })
  const said: unknown = answer.ok ? await answer.json() : undefined
  if (typeof said === 'object' && said !== null && 'token' in said && typeof said.token === 'string') return said.token
  throw new HostError(
    'permission-denied',
    'This address let one page in, and has done so. Open the URL that `hopscope serve` printed.',
  )
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isOpen: boolean) => {
      if (!isOpen) socket.close()
      resolve(isOpen)
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT)])
    socket.addEventListener('open', () => done(true), { once: true })
    socket.addEventListener('close', () => done(false), { once: true })
    limit.addEventListener('abort', () => socket.readyState === WebSocket.CONNECTING && done(false), { once: true })
  })
}

const notValid = () =>
  new HostError(
    'permission-denied',
    'This link is not valid, or no longer: every start of `hopscope serve` makes a new one. Open the whole URL that it printed last, or start it again.',
  )

async function whyRefused(url: URL, headers: Record<string, string>): Promise<HostError> {
  try {
    const answer = await fetch(url, { headers, cache: 'no-store', signal: AbortSignal.timeout(CONNECT_TIMEOUT) })
    if (answer.status === 401 || answer.status === 403) {
      return notValid()
    }
  } catch {
    // No answer at all: the same as 'unavailable'.
  }
  return new HostError(
    'unavailable',
    'The host does not answer. If it runs on another machine, check the tunnel to it.',
  )
}

function transportOver(socket: WebSocket): MessageTransport {
  socket.binaryType = 'arraybuffer'
  const transport = new MessageTransport({
    send: (frame) => socket.send(frame),
    close: () => socket.close(),
  })
  socket.addEventListener('message', (event) => transport.deliver(event.data))
  socket.addEventListener('close', () => transport.disconnect('The connection to the host is lost.'))
  return transport
}
