import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Who is let in. The server listens on loopback only, but every page in the person's browser can reach loopback, so:
 * - `Host` must be a name of loopback: a page of evil.example whose DNS answer turned into 127.0.0.1 still sends its own name.
 *   The port may be any: an ssh tunnel's end has another than the server.
 * - `Origin`, which browsers add whenever a page could read an answer or open a WebSocket, must be that same host.
 * - All but the page's own files (which are public) needs the token of this start.
 */
export function isFromOurPage(headers: IncomingHttpHeaders, options: { readonly needsOrigin: boolean }): boolean {
  const host = headers.host?.toLowerCase()
  if (host === undefined || !isLoopback(host)) return false
  if (headers.origin === undefined) return !options.needsOrigin && (isSameSite(headers) || isNavigation(headers))
  return headers.origin === `http://${host}`
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(host)
}

/** Newer browsers say it on every request, also on those without Origin. "none": typed, or opened by another program. */
function isSameSite({ 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}

/** A link to us, followed from anywhere: the page that has it sees nothing of what comes (and we refuse to be framed). */
function isNavigation({ 'sec-fetch-mode': mode, 'sec-fetch-dest': destination }: IncomingHttpHeaders): boolean {
  return mode === 'navigate' && destination === 'document'
}

export function hasToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  const a = Buffer.from(given)
  const b = Buffer.from(token)
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What follows the scheme in the Authorization header. */
export function credentials(headers: IncomingHttpHeaders, scheme: 'Bearer' | 'Ticket'): string | undefined {
  const [given, value] = (headers.authorization ?? '').split(' ')
  return given === scheme ? value : undefined
}

/** A page cannot add headers to a WebSocket, but it can offer subprotocols. */
export function offeredToken(headers: IncomingHttpHeaders): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  return offered.find((protocol) => protocol.startsWith('token.'))?.slice('token.'.length)
}
