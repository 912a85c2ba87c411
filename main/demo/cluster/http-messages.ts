import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiFailure } from './failure.ts'

// HTTP's part of the API server: bodies of requests, answers, and refusals of an upgrade.

const BODY_LIMIT = 3 << 20

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue
    length += part.length
    if (length > BODY_LIMIT) throw new ApiFailure(413, 'RequestEntityTooLarge', 'limit is 3145728')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

export function send(response: ServerResponse, code: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

/** The connection stays, as with Go's servers: it is the client that has no more use for it. */
export function refuseUpgrade(socket: Duplex, failure: ApiFailure): void {
  const body = Buffer.from(JSON.stringify(failure.status))
  const lines = [
    `HTTP/1.1 ${failure.code} ${failure.reason || 'Forbidden'}`,
    ...(failure.retryAfterSeconds === undefined ? [] : [`retry-after: ${failure.retryAfterSeconds}`]),
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]))
}
