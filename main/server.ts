import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '../common/contract.ts'
import { MOST_PIECES_TEXT } from '../common/model/capture-pieces.ts'
import { HostError } from '../common/host-error.ts'
import { credentials, hasToken, isFromOurPage } from './browser/admission.ts'
import { isOurUser } from './browser/peer-user.ts'
import { sendAnswer } from './browser/send-answer.ts'
import { acceptSockets } from './browser/sockets.ts'
import { Tickets } from './browser/tickets.ts'
import { memoryInTurn } from './data-plane/chunk-memory.ts'
import { errorAnswer, wholeAnswer } from './data-plane/data-plane.ts'
import type { DataAnswer } from './data-plane/data-plane.ts'
import type { Host } from './host.ts'
import { pageFile } from './page/page-files.ts'
import { PAGE_HEADERS } from './page/page-headers.ts'
import { Mailbox } from './streams.ts'

export interface ServerOptions {
  /** 0: any that is free. */
  readonly port: number
  /** The folder of the built page. */
  readonly page: string
}

export interface BrowserServer {
  readonly port: number
  /** What to open, with the token that lets it in. For the person's eyes. */
  url(captureIds: readonly string[]): string
  /** The same with a ticket that is good for one page, soon: for the command line of a browser, which others on the machine can see. */
  ticketUrl(captureIds: readonly string[]): string
  /** Ends every connection at once. */
  close(): Promise<void>
}

/**
 * The browser door: the host behind HTTP on loopback, with the built page. Routes:
 *   /              the page's files, public
 *   /door          204 with the right token, the token for a good ticket, else 401: lets a page tell "refused" from "not there"
 *   /host          the contract, a WebSocket
 *   /capture/<id>  the data plane
 * Rejects when it cannot listen (EADDRINUSE, EACCES).
 */
export async function startServer(host: Host, options: ServerOptions): Promise<BrowserServer> {
  const token = randomBytes(24).toString('base64url')
  const tickets = new Tickets()
  // A list of pieces of a capture is in the URL.
  const server = createServer({ maxHeaderSize: MOST_PIECES_TEXT + 16_384 }, (request, response) => {
    answer({ host, page: options.page, token, tickets }, request, response).catch(() => response.destroy())
  })
  const closeSockets = acceptSockets(server, token, (line) =>
    host.connect(line, { door: 'browser', commands: new Mailbox() }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  const url = (pass: string, captureIds: readonly string[]) => {
    const open = captureIds.length > 0 ? `&open=${captureIds.join(',')}` : ''
    return `http://127.0.0.1:${port}/#${pass}${open}`
  }
  return {
    port,
    url: (captureIds) => url(`token=${token}`, captureIds),
    ticketUrl: (captureIds) => url(`ticket=${tickets.issue()}`, captureIds),
    close() {
      closeSockets()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Served {
  readonly host: Host
  readonly page: string
  readonly token: string
  readonly tickets: Tickets
}

async function answer(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await sendAnswer(response, await route(served, request, gone.signal), PAGE_HEADERS)
}

async function route(served: Served, request: IncomingMessage, gone: AbortSignal): Promise<DataAnswer> {
  const { method = '', headers } = request
  if (!isFromOurPage(headers, { needsOrigin: false })) {
    return refusal(403, 'permission-denied', 'This server answers its own page only, by a name of the local machine.')
  }
  const isCapture = request.url?.startsWith('/capture/')
  if (method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && isCapture))
    return refusal(405, 'invalid-argument', 'Only GET and HEAD, and POST to a capture.')
  const url = URL.parse(request.url ?? '/', 'http://host')
  if (!url) return refusal(400, 'invalid-argument', 'This is not a URL.')

  const [, section = '', id = ''] = url.pathname.split('/')
  const ticket = credentials(headers, 'Ticket')
  // Others on this machine may have seen it: they are not let in, and it stays good for whom it is for.
  if (section === 'door' && ticket !== undefined && (await isOurUser(request.socket)) && served.tickets.redeem(ticket))
    return json({ token: served.token })
  if (section === 'door' || section === 'capture') {
    if (!hasToken(credentials(headers, 'Bearer'), served.token)) {
      return refusal(401, 'permission-denied', 'The token is missing or not the one of this start.')
    }
    if (section === 'door') return { status: 204, headers: { 'cache-control': 'no-store' } }
    const asked = { method, id, query: url.searchParams, range: headers.range }
    return served.host.data({ ...asked, ...(method === 'POST' && { body: request }) }, gone, memoryInTurn())
  }
  const file = await pageFile(served.page, url.pathname)
  if (!file) return refusal(404, 'not-found', 'There is no such page.')
  return wholeAnswer(200, file.headers, file.bytes, method)
}

function refusal(status: number, code: ErrorCode, message: string): DataAnswer {
  return { ...errorAnswer(new HostError(code, message)), status }
}

function json(value: unknown): DataAnswer {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return wholeAnswer(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, bytes)
}
