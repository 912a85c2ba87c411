import { asciiText } from '../application/ascii.ts'
import { httpFirstLine, type HttpFirstLine } from '../application/payload.ts'
import { type FieldInfo, type FieldTable, protocol, string, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'

/** Only in the packets of which it is true. */
const onlyTrue = (description: string): FieldInfo => ({ type: 'bool', description, onlyTrue: true })

export const HTTP_FIELDS = {
  http: protocol('Hypertext Transfer Protocol'),
  'http.request': onlyTrue('Request'),
  'http.request.method': string('Request Method'),
  'http.request.uri': string('Request URI'),
  'http.request.version': string('Request Version'),
  'http.request.full_uri': string('Full request URI'),
  'http.response': onlyTrue('Response'),
  'http.response.version': string('Response Version'),
  'http.response.code': uint('Status Code'),
  'http.response.phrase': string('Response Phrase'),
  'http.host': string('Host'),
  'http.user_agent': string('User-Agent'),
  'http.accept': string('Accept'),
  'http.accept_encoding': string('Accept Encoding'),
  'http.accept_language': string('Accept-Language'),
  'http.authorization': string('Authorization'),
  'http.cache_control': string('Cache-Control'),
  'http.connection': string('Connection'),
  'http.content_encoding': string('Content-Encoding'),
  'http.content_length_header': string('Content-Length'),
  'http.content_length': uint('Content length'),
  'http.content_type': string('Content-Type'),
  'http.cookie': string('Cookie'),
  'http.date': string('Date'),
  'http.last_modified': string('Last-Modified'),
  'http.location': string('Location'),
  'http.proxy_authorization': string('Proxy-Authorization'),
  'http.referer': string('Referer'),
  'http.server': string('Server'),
  'http.set_cookie': string('Set-Cookie'),
  'http.transfer_encoding': string('Transfer-Encoding'),
  'http.upgrade': string('Upgrade'),
  'http.www_authenticate': string('WWW-Authenticate'),
  'http.x_forwarded_for': string('X-Forwarded-For'),
  'http.request_in': uint('Request in frame'),
  'http.time': { type: 'double', description: 'Time since request', unit: 'seconds' },
} as const satisfies FieldTable

/** Header fields that are display filter fields, by their names in small letters; the others are shown as they are. */
const HEADERS: ReadonlyMap<string, string> = new Map([
  ...(['host', 'user_agent', 'accept', 'accept_encoding', 'accept_language', 'authorization'] as const).map(named),
  ...(['cache_control', 'connection', 'content_encoding', 'content_type', 'cookie', 'date'] as const).map(named),
  ...(['last_modified', 'location', 'proxy_authorization', 'referer', 'server', 'set_cookie'] as const).map(named),
  ...(['transfer_encoding', 'upgrade', 'www_authenticate', 'x_forwarded_for'] as const).map(named),
  ['content-length', 'http.content_length_header'] as const,
])

function named(name: string): readonly [string, string] {
  return [name.replaceAll('_', '-'), `http.${name}`]
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a

/** The messages that begin in [at, to), one behind the other (RFC 9112): pipelined ones, or short answers. */
export function writeHttp(out: FieldWriter, at: number, to: number): number {
  let next = at
  while (next < to) {
    const line = httpFirstLine(out.bytes, next, to)
    if (!line) break
    next = writeMessage(out, next, line, to)
  }
  return next
}

/** Responses that have no body, whatever their header says (RFC 9112 section 6.3): behind a 101 comes another protocol. */
const BODYLESS = /^HTTP\/1\.[01] (?:1\d\d|204|304)\b/

/** Returns where the next message may begin. */
function writeMessage(out: FieldWriter, at: number, line: HttpFirstLine, to: number): number {
  const head = readHead(out.bytes, behindLine(out.bytes, line.to, to), to)
  // Without a length the body is all that follows: its end is not known from here.
  const bodyLength = BODYLESS.test(line.text)
    ? 0
    : (head.contentLength ?? (line.isRequest && !head.chunked ? 0 : Infinity))
  const end = head.whole ? Math.min(to, head.to + bodyLength) : to
  out.layer('http', at, end, 'Hypertext Transfer Protocol')
  if (line.isRequest) writeRequestLine(out, at, line)
  else writeStatusLine(out, at, line)
  for (const header of head.lines) writeHeader(out, header, head.contentLength)
  if (!head.whole) out.note('The rest of the header is not in this packet', to, to, 'note')
  else if (end > head.to) out.note(`Body: ${end - head.to} bytes in this packet`, head.to, end)
  if (!line.isRequest) writeTime(out, at)
  else if (out.wants('http.request.full_uri')) writeFullUri(out, line, head)
  out.endLayer()
  return end
}

function writeHeader(out: FieldWriter, header: HeaderLine, contentLength: number | undefined): void {
  const { from, name, to, valueAt } = header
  const field = HEADERS.get(name)
  if (out.texts || (field !== undefined && out.wants(field))) {
    const value = valueText(out.bytes, header)
    const text = `${asciiText(out.bytes, from, from + name.length)}: ${value}`
    if (field === undefined) out.note(text, from, to)
    else out.value(field, value, from, to, text)
  }
  if (name !== 'content-length' || contentLength === undefined) return
  out.down()
  out.value('http.content_length', contentLength, valueAt, to, `[Content length: ${contentLength}]`)
  out.up()
}

function writeRequestLine(out: FieldWriter, at: number, line: HttpFirstLine): void {
  out.value('http.request', true, at, line.to, line.cut ? `${line.text}…` : line.text)
  out.down()
  const [method, uri = '', version = ''] = line.text.split(' ')
  const uriAt = at + method.length + 1
  out.value('http.request.method', method, at, at + method.length)
  out.value('http.request.uri', uri, uriAt, uriAt + uri.length)
  if (version !== '') out.value('http.request.version', version, uriAt + uri.length + 1, line.to)
  out.up()
}

function writeStatusLine(out: FieldWriter, at: number, line: HttpFirstLine): void {
  out.value('http.response', true, at, line.to, line.cut ? `${line.text}…` : line.text)
  out.down()
  const [version, code] = line.text.split(' ')
  const codeAt = at + version.length + 1
  const phraseAt = codeAt + code.length + 1
  out.value('http.response.version', version, at, at + version.length)
  out.value('http.response.code', Number(code), codeAt, codeAt + code.length)
  if (phraseAt < line.to) out.value('http.response.phrase', line.text.slice(phraseAt - at), phraseAt, line.to)
  out.up()
}

function writeFullUri(out: FieldWriter, { text }: HttpFirstLine, { lines }: Head): void {
  const host = lines.find(({ name }) => name === 'host')
  const [method, uri = ''] = text.split(' ')
  if (!host || method === 'CONNECT') return
  const full = uri.startsWith('/') ? `http://${valueText(out.bytes, host)}${uri}` : uri
  out.value('http.request.full_uri', full, host.from, host.from, `[Full request URI: ${full}]`)
}

function writeTime(out: FieldWriter, at: number): void {
  const { answered } = out.context ?? {}
  if (!answered) return
  out.value('http.request_in', answered.frame, at, at, `[Request in frame: ${answered.frame}]`)
  const time = answered.ns / 1e9
  out.value('http.time', time, at, at, `[Time since request: ${time.toFixed(9)} seconds]`)
}

interface HeaderLine {
  /** In small letters. */
  readonly name: string
  readonly valueAt: number
  readonly from: number
  /** One past it, without its line end. */
  readonly to: number
}

interface Head {
  readonly lines: readonly HeaderLine[]
  /** The empty line is there. */
  readonly whole: boolean
  /** Where the body begins. */
  readonly to: number
  readonly contentLength: number | undefined
  readonly chunked: boolean
}

const MOST_LINES = 256

/** The header fields from `at` on, up to an empty line. A line that was cut is left out. */
function readHead(bytes: Uint8Array, at: number, to: number): Head {
  const lines: HeaderLine[] = []
  let contentLength: number | undefined
  let chunked = false
  let next = at
  while (next < to && lines.length < MOST_LINES) {
    const from = next
    let colon = -1
    let end = from
    for (; end < to && bytes[end] !== LF; end++) if (colon < 0 && bytes[end] === COLON) colon = end
    if (end === to) break
    next = end + 1
    const lineTo = end > from && bytes[end - 1] === CR ? end - 1 : end
    if (lineTo === from) return { lines, whole: true, to: next, contentLength, chunked }
    if (colon < 0) continue
    let valueAt = colon + 1
    while (valueAt < lineTo && (bytes[valueAt] === 0x20 || bytes[valueAt] === 0x09)) valueAt++
    const header = { name: asciiText(bytes, from, colon).toLowerCase(), valueAt, from, to: lineTo }
    lines.push(header)
    if (header.name === 'content-length') {
      const value = valueText(bytes, header)
      if (/^\d{1,15}$/.test(value)) contentLength = Number(value)
    } else if (header.name === 'transfer-encoding') chunked ||= /chunked/i.test(valueText(bytes, header))
  }
  return { lines, whole: false, to, contentLength, chunked }
}

const valueText = (bytes: Uint8Array, { valueAt, to }: HeaderLine): string => asciiText(bytes, valueAt, to).trimEnd()

function behindLine(bytes: Uint8Array, at: number, to: number): number {
  const afterCr = at < to && bytes[at] === CR ? at + 1 : at
  return afterCr < to && bytes[afterCr] === LF ? afterCr + 1 : afterCr
}
