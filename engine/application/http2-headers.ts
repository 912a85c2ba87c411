import { printable } from './ascii.ts'
import { HpackDecoder } from './hpack.ts'
import { END_HEADERS, errorName, FRAME, FRAME_NAMES, headerBlock, type Http2Frame } from './http2-frames.ts'

/** What a header block says that can be read from its packet alone. */
export interface PacketHeaders {
  /** Without its query and fragment, where secrets are. */
  readonly path?: string
  readonly method?: string
  /** Without user information. */
  readonly authority?: string
  readonly status?: number
  readonly contentType?: string
  /** Names of the other fields, whose values are not told. */
  readonly others: readonly string[]
  /** Fields that refer to the connection's table. */
  readonly unknown: number
}

/** Reads the header blocks of one packet, in the order of its frames: what refers to a table of before it stays unknown. */
export class PacketHeaderReader {
  readonly #decoder = new HpackDecoder()

  /** Undefined for a frame whose block is not whole in the packet, goes on in another frame, or is malformed. */
  read(bytes: Uint8Array, { type, flags, from, to, length }: Http2Frame): PacketHeaders | undefined {
    if (type !== FRAME.headers && type !== FRAME.pushPromise && type !== FRAME.continuation) return undefined
    const whole = to - from === length && (flags & END_HEADERS) !== 0 && type !== FRAME.continuation
    const block = whole ? headerBlock(bytes.subarray(from, to), flags) : undefined
    // A promise has the promised stream's number in front (RFC 9113 section 6.6).
    const fragment = type === FRAME.pushPromise ? block?.subarray(4) : block
    const fields = fragment && this.#decoder.decode(fragment)
    if (!fields) {
      // What it may have added to the table is not known.
      this.#decoder.forget()
      return undefined
    }
    const others = new Set<string>()
    const told: Record<string, string> = {}
    let unknown = 0
    for (const { name, value } of fields) {
      if (name === undefined) unknown++
      else if (value === undefined || !TOLD.has(name)) others.add(printable(name))
      else told[name] ??= value
    }
    const path = told[':path']
    const authority = told[':authority']
    const status = told[':status']
    return {
      ...(told[':method'] !== undefined && { method: printable(told[':method']) }),
      ...(path !== undefined && { path: printable(path.replace(/[?#].*$/s, '')) }),
      ...(authority !== undefined && { authority: printable(authority.replace(/^.*@/s, '')) }),
      ...(status !== undefined && /^\d{3}$/.test(status) && { status: Number(status) }),
      ...(told['content-type'] !== undefined && { contentType: printable(told['content-type']) }),
      others: Array.from(others),
      unknown,
    }
  }
}

const TOLD: ReadonlySet<string> = new Set([':method', ':path', ':authority', ':status', 'content-type'])

/** "HEADERS[1]: GET /items", "RST_STREAM[5] CANCEL" */
export function frameTitle(bytes: Uint8Array, frame: Http2Frame, headers: PacketHeaders | undefined): string {
  const name = `${FRAME_NAMES[frame.type]}[${frame.stream}]`
  const error = frameError(bytes, frame)
  if (error !== undefined) return `${name} ${error}`
  const { method, path, authority, status } = headers ?? {}
  const told = status ?? (method === undefined ? path : [method, path ?? authority].filter(Boolean).join(' '))
  return told === undefined ? name : `${name}: ${told}`.slice(0, LONGEST_TITLE)
}

const LONGEST_TITLE = 300

function frameError(bytes: Uint8Array, { type, length, from, to }: Http2Frame): string | undefined {
  if (type === FRAME.rstStream && length === 4 && to - from === 4) return errorName(bytes, from)
  if (type === FRAME.goaway && to - from >= 8) return errorName(bytes, from + 4)
  return undefined
}
