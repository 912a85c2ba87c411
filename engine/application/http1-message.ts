import { LineReader } from './line-reader.ts'

/** Where the reader of one direction is. */
type State = 'start' | 'fields' | 'body' | 'body-to-end' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'lost'

const MOST_FIELDS = 256
const [COLON, LETTER_C, LETTER_T, LETTER_H, LETTER_U] = Array.from(':cthu', (letter) => letter.charCodeAt(0))

/** What a message's header says of its body and of the connection. */
export interface Http1Head {
  /** Undefined without a usable Content-Length. */
  readonly contentLength: number | undefined
  readonly chunked: boolean
  readonly host: string | undefined
  /** The protocols of Upgrade, where `Http1Messages.upgrades`. */
  readonly upgrade: string | undefined
}

/** What one direction's reader tells. `row` and `time` are known to who feeds it. */
export interface Http1Messages {
  /** Whether Upgrade is to be read: many ask for it in vain, so that it counts only where it is said to be done. */
  readonly upgrades: boolean
  /** Whether the line is a message's first; asked for where one is expected or looked for. */
  isFirstLine(line: string): boolean
  /** Whether bytes after a hole begin like a message. */
  beginsHere(bytes: Uint8Array, from: number, to: number): boolean
  /** The first byte of a message was there. */
  begin(): void
  /** Its first line, or what was captured of it. */
  firstLine(line: string, isWhole: boolean): void
  /** The header is complete. How long is the body? Infinity: up to the connection's end. -1: what follows is not HTTP any more. */
  head(head: Http1Head): number
  /** More of the message was there, up to now. */
  grow(): void
  end(): void
  /** The message goes on or ended somewhere in a hole. */
  lost(): void
}

/** Splits one direction of HTTP/1.x into messages (RFC 9112), also when it is seen from the middle on. Keeps a line at most. */
export class Http1Reader {
  readonly #messages: Http1Messages
  readonly #lines = new LineReader()
  #state: State = 'start'
  /** A message was told to have begun, and not yet to have ended. */
  #inside = false
  #left = 0
  #fields = 0
  #contentLength: number | undefined
  #chunked = false
  #host: string | undefined
  #upgrade: string | undefined
  /** The connection speaks something else now. */
  over = false

  constructor(messages: Http1Messages) {
    this.#messages = messages
  }

  /** Takes bytes up to `to`, or to where they are not HTTP any more: the place behind the last one. */
  data(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    if (this.#state === 'lost' && this.#messages.beginsHere(bytes, from, to)) {
      this.#lines.clear()
      this.#state = 'start'
    }
    while (at < to && !this.over) {
      switch (this.#state) {
        case 'body-to-end':
          at = to
          break
        case 'body':
        case 'chunk': {
          const taken = Math.min(this.#left, to - at)
          at += taken
          this.#left -= taken
          if (this.#left === 0) this.#bodyRead()
          break
        }
        default: {
          if (this.#state === 'start' && !this.#inside && bytes[at] !== 0x0d && bytes[at] !== 0x0a) this.#begin()
          at = this.#lines.take(bytes, at, to)
          if (at < 0) at = to
          else this.#line()
        }
      }
    }
    if (this.#inside) this.#messages.grow()
    return at
  }

  gap(length: number): void {
    const body = this.#state === 'body' || this.#state === 'chunk'
    if (this.#state === 'body-to-end') return
    if (body && length < this.#left) {
      this.#left -= length
      return
    }
    if (this.#state === 'body' && length === this.#left) {
      this.#left = 0
      this.#bodyRead()
      return
    }
    this.#lose()
  }

  #lose(): void {
    if (this.#inside && this.#state === 'start') this.#messages.firstLine(this.#lines.begun, false)
    this.#lines.clear()
    this.#state = 'lost'
    this.#inside = false
    this.#messages.lost()
  }

  #begin(): void {
    this.#inside = true
    this.#messages.begin()
  }

  #bodyRead(): void {
    if (this.#state === 'chunk') this.#state = 'chunk-end'
    else this.#end()
  }

  #end(): void {
    this.#inside = false
    this.#state = 'start'
    this.#messages.grow()
    this.#messages.end()
  }

  #line(): void {
    const lines = this.#lines
    switch (this.#state) {
      case 'start': {
        // Empty lines before a request are to be ignored (RFC 9112 section 2.2).
        if (lines.isEmpty && !this.#inside) return
        const line = lines.text
        if (this.#messages.isFirstLine(line)) this.#head(line)
        else this.#lose()
        return
      }
      case 'lost': {
        // Lines end anywhere in a body, so only a first line in full counts.
        const line = lines.text
        if (!this.#messages.isFirstLine(line)) return
        this.#begin()
        this.#head(line)
        return
      }
      case 'fields':
        if (lines.isEmpty) this.#fieldsRead()
        else if (this.#fields++ < MOST_FIELDS && this.#concerns(lines)) this.#field(lines.text)
        return
      case 'chunk-size': {
        // Extensions may follow the size.
        const size = /^([\da-f]{1,12})\s*(;|$)/i.exec(lines.text)?.[1]
        if (size === undefined) return this.#lose()
        this.#left = Number.parseInt(size, 16)
        this.#state = this.#left === 0 ? 'trailers' : 'chunk'
        return
      }
      case 'chunk-end':
        if (lines.isEmpty) this.#state = 'chunk-size'
        else this.#lose()
        return
      case 'trailers':
        if (lines.isEmpty) this.#end()
        return
      default:
    }
  }

  #head(line: string): void {
    this.#messages.firstLine(line, true)
    this.#contentLength = undefined
    this.#chunked = false
    this.#host = undefined
    this.#upgrade = undefined
    this.#fields = 0
    this.#state = 'fields'
  }

  /** Whether the line may be Content-Length, Transfer-Encoding, Host or Upgrade: no other is even made into text. */
  #concerns(lines: LineReader): boolean {
    switch (lines.byte(0) | 0x20) {
      case LETTER_C:
        return lines.byte(14) === COLON
      case LETTER_T:
        return lines.byte(17) === COLON
      case LETTER_H:
        return lines.byte(4) === COLON
      case LETTER_U:
        return this.#messages.upgrades && lines.byte(7) === COLON
      default:
        return false
    }
  }

  /** Only what frames the message, and whom it is for; no other value is looked at. */
  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (name === 'content-length') {
      const value = line.slice(colon + 1).trim()
      if (/^\d{1,15}$/.test(value)) this.#contentLength = Number(value)
    } else if (name === 'transfer-encoding') this.#chunked ||= /\bchunked\s*$/i.test(line)
    else if (name === 'host') this.#host = line.slice(colon + 1).trim()
    else if (name === 'upgrade') this.#upgrade = line.slice(colon + 1).trim()
  }

  #fieldsRead(): void {
    const body = this.#messages.head({
      contentLength: this.#contentLength,
      chunked: this.#chunked,
      host: this.#host,
      upgrade: this.#upgrade,
    })
    if (body < 0) {
      this.#end()
      this.over = true
    } else if (body === Infinity) this.#state = 'body-to-end'
    else if (this.#chunked && body > 0) this.#state = 'chunk-size'
    else if (body === 0) this.#end()
    else {
      this.#left = body
      this.#state = 'body'
    }
  }
}
