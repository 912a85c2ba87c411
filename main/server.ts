import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HostError } from '../common/host-error.ts'
import { bearerToken, hasToken, isFromOurPage } from './browser/admission.ts'
import { sendAnswer } from './browser/send-answer.ts'
import { acceptSockets } from './browser/sockets.ts'
import { errorAnswer } from './data-plane/data-plane.ts'
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
  /** What to open, with the token that lets it in. */
  url(captureIds: readonly string[]): string
  /** Ends every connection at once. */
  close(): Promise<void>
}

/**
 * The browser door: the host behind HTTP on loopback, with the built page. Routes:
 *   /              the page's files, public
 *   /door          204 with the right token, else 401: lets a page tell "refused" from "not there"
 *   /host          the contract, a WebSocket
 *   /capture/<id>  the data plane
 * Rejects when it cannot listen (EADDRINUSE, EACCES).
 */
export async function startServer(host: Host, options: ServerOptions): Promise<BrowserServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    answer(host, options.page, token, request, response).catch(() => response.destroy())
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
  return {
    port,
    url(captureIds) {
      const open = captureIds.length > 0 ? `&open=${captureIds.join(',')}` : ''
      return `http://127.0.0.1:${port}/#token=${token}${open}`
    },
    close() {
      closeSockets()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function answer(
  host: Host,
  page: string,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { answer, headers } = await route(host, page, token, request, gone.signal)
  await sendAnswer(response, answer, headers, gone.signal)
}

async function route(host: Host, page: string, token: string, request: IncomingMessage, gone: AbortSignal) {
  const { method = '', headers } = request
  const plain = (answer: DataAnswer) => ({ answer, headers: PAGE_HEADERS })
  const refused = (status: number, code: 'permission-denied' | 'not-found' | 'invalid-argument', message: string) =>
    plain({ ...errorAnswer(new HostError(code, message)), status })

  if (!isFromOurPage(headers, { needsOrigin: false })) {
    return refused(403, 'permission-denied', 'This server answers its own page only, by a name of the local machine.')
  }
  if (method !== 'GET' && method !== 'HEAD') return refused(405, 'invalid-argument', 'Only GET and HEAD.')
  const url = URL.parse(request.url ?? '/', 'http://host')
  if (!url) return refused(400, 'invalid-argument', 'This is not a URL.')
  const [, section = '', id = ''] = url.pathname.split('/')

  if (section === 'door' || section === 'capture') {
    if (!hasToken(bearerToken(headers), token))
      return refused(401, 'permission-denied', 'The token is missing or not the one of this start.')
    if (section === 'door') return plain({ status: 204, headers: { 'cache-control': 'no-store' } })
    return plain(await host.data({ method, id, query: url.searchParams, range: headers.range }, gone))
  }
  const file = await pageFile(page, url.pathname)
  if (!file) return refused(404, 'not-found', 'There is no such page.')
  const { bytes } = file
  const body = method === 'HEAD' ? undefined : whole(bytes)
  return plain({
    status: 200,
    headers: { ...file.headers, 'content-length': String(bytes.length) },
    ...(body && { body }),
  })
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
