import { MOST_EXCERPT_BYTES, parseExcerpts } from '../../common/model/capture-excerpts.ts'
import { parsePieces } from '../../common/model/capture-pieces.ts'
import { parseSearch } from '../../common/model/capture-search.ts'
import type { ErrorCode } from '../../common/contract.ts'
import { CaptureId } from '../../common/contract.ts'
import { asHostError, HostError } from '../../common/host-error.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { parseRange } from './byte-range.ts'
import { followedBytes, rangeBytes } from './capture-bytes.ts'
import { type ChunkMemory, newMemory } from './chunk-memory.ts'
import { excerptBytes, excerptsBefore } from './excerpt-bytes.ts'
import { pieceBytes } from './piece-bytes.ts'
import { searchBytes } from './search-bytes.ts'

/** A request for a capture's bytes, as both carriers (HTTP, Electron's protocol handler) can say it. */
export interface DataRequest {
  readonly method: string
  /** What follows "capture/" in the URL: the capture's id. */
  readonly id: string
  readonly query: URLSearchParams
  readonly range: string | undefined
  /** What a POST brings. */
  readonly body?: AsyncIterable<Uint8Array> | undefined
}

export interface DataAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Holds the open file until it is read to its end or the request's signal aborts. Absent for HEAD. */
  readonly body?: AsyncGenerator<Uint8Array>
}

interface Captures {
  find(id: string): Promise<CaptureFile>
}

/**
 * Answers it. A GET gives the whole, a range (206), with ?follow=1&from=N what comes from there on until the capture is finished; and as
 * common/model describes, with ?pieces= some of its bytes (capture-pieces.ts), with ?find= where some bytes are in it (capture-search.ts); a POST
 * with ?excerpts= the same few bytes of many packets (capture-excerpts.ts). Never throws; an error is a JSON body {code, message}.
 * @param signal must abort when nobody reads the answer any more, also when its body was never begun
 * @param memory where the body's chunks are put
 */
export async function answerData(
  captures: Captures,
  request: DataRequest,
  signal: AbortSignal,
  memory = newMemory,
): Promise<DataAnswer> {
  try {
    return await answer(captures, request, signal, memory)
  } catch (error) {
    return errorAnswer(asHostError(error))
  }
}

async function answer(
  captures: Captures,
  request: DataRequest,
  signal: AbortSignal,
  memory: ChunkMemory,
): Promise<DataAnswer> {
  const isHead = request.method === 'HEAD'
  const excerpts = request.method === 'POST' ? request.query.get('excerpts') : null
  if (request.method !== 'GET' && !isHead && excerpts === null)
    throw new HostError('invalid-argument', 'Captures are read with GET or HEAD, excerpts of them with POST.')
  if (!CaptureId.safeParse(request.id).success)
    throw new HostError('invalid-argument', 'This is not the id of a capture.')
  const capture = await captures.find(request.id)
  const body = excerpts === null ? undefined : await bodyOf(request, MOST_EXCERPT_BYTES)
  const asked = excerpts !== null && body ? parseExcerpts(excerpts, body) : undefined
  if (excerpts !== null && !asked)
    throw new HostError('invalid-argument', 'These are not excerpts of a capture, or too many at once.')
  const from = request.query.get('follow') === '1' ? followFrom(request.query) : undefined
  const wanted = request.query.get('pieces')
  if (wanted !== null) {
    const pieces = parsePieces(wanted)
    if (!pieces) throw new HostError('invalid-argument', 'These are not pieces of a capture, or too many at once.')
    return wholeAnswer(200, HEADERS, await pieceBytes(capture, pieces, signal), request.method)
  }
  const sought = request.query.get('find')
  if (sought !== null) {
    const search = parseSearch(sought, request.query.get('from'), request.query.get('to'))
    if (!search)
      throw new HostError('invalid-argument', 'This is nothing to look for in a capture, or too much at once.')
    return wholeAnswer(200, HEADERS, await searchBytes(capture, search, signal), request.method)
  }

  const handle = await capture.open()
  // A body that nobody starts to read never reaches its own clean-up.
  signal.addEventListener('abort', () => void handle.close(), { once: true })
  let size: number
  try {
    size = await capture.sizeOf(handle)
    signal.throwIfAborted()
  } catch (error) {
    await handle.close()
    throw error
  }
  if (asked) {
    const there = excerptsBefore(asked, size)
    return {
      status: 200,
      headers: { ...HEADERS, 'content-length': String(there.places.length * there.length) },
      // Read once it is asked for: Electron tells by cancelling the body that the page has left, and not before it has one.
      body: excerptBytes(capture, handle, there),
    }
  }
  const range = from === undefined ? parseRange(request.range, size) : undefined
  if (isHead || range === 'unsatisfiable') await handle.close()

  if (range === 'unsatisfiable') return { status: 416, headers: { ...HEADERS, 'content-range': `bytes */${size}` } }
  if (from !== undefined) {
    return {
      status: 200,
      headers: HEADERS,
      ...(!isHead && { body: followedBytes(capture, handle, from, memory, signal) }),
    }
  }
  const { start, end } = range ?? { start: 0, end: size }
  const headers = {
    ...HEADERS,
    'accept-ranges': 'bytes',
    'content-length': String(end - start),
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  }
  return {
    status: range ? 206 : 200,
    headers,
    ...(!isHead && { body: rangeBytes(capture, handle, { start, end }, memory, signal) }),
  }
}

/** What the request brings; undefined where that is more than `most`. */
export async function bodyOf({ body }: Pick<DataRequest, 'body'>, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body ?? []) {
    bytes += part.length
    if (bytes > most) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function followFrom(query: URLSearchParams): number {
  const text = query.get('from') ?? '0'
  const from = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(from)) {
    throw new HostError('invalid-argument', `"${text}" is not an offset to follow from.`)
  }
  return from
}

/** Never stored: captures hold what went over the wire, and a growing one changes. */
const HEADERS = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' } as const

const STATUS: Readonly<Record<ErrorCode, number>> = {
  'invalid-argument': 400,
  'not-found': 404,
  'permission-denied': 403,
  unavailable: 409,
  unsupported: 415,
  cancelled: 499,
  internal: 500,
}

export function errorAnswer({ code, message }: HostError): DataAnswer {
  const bytes = new TextEncoder().encode(JSON.stringify({ code, message }))
  return wholeAnswer(STATUS[code], { 'content-type': 'application/json', 'cache-control': 'no-store' }, bytes)
}

/** An answer from memory. */
export function wholeAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
  method = 'GET',
): DataAnswer {
  const all = { ...headers, 'content-length': String(bytes.length) }
  return method === 'HEAD' ? { status, headers: all } : { status, headers: all, body: once(bytes) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
