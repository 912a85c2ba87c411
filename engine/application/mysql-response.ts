import { asciiText } from './ascii.ts'
import { type Answer, CAPABILITY, unsigned } from './mysql-packets.ts'

const OK = 0x00
const MORE_AUTHENTICATION = 0x01
const LOCAL_INFILE = 0xfb
const EOF = 0xfe
const ERR = 0xff
/** An EOF packet is shorter than any row that begins with 0xfe. */
const EOF_BELOW = 9
const FULL = 0xff_ffff
/** Status flags. */
const MORE_RESULTS = 0x0008
const CURSOR = 0x0040

/** Follows the packets of one response to its last one, which only the command that it answers tells. */
export class MysqlResponse {
  readonly #deprecateEof: boolean
  #expects: 'first' | 'columns' | 'columns-end' | 'rows'
  readonly #answer: Answer
  #columns = 0
  /** Definitions of a prepared statement that follow those being read. */
  #columnsAfter = 0
  isComplete = false
  /** "1146 (42S02)": the error's number and SQLSTATE. */
  error: string | undefined
  /** The number that a PREPARE got. */
  statement: number | undefined

  constructor(answer: Answer, capabilities: number) {
    this.#answer = answer
    this.#deprecateEof = (capabilities & CAPABILITY.deprecateEof) !== 0
    this.#expects = answer === 'fields' || answer === 'rows' ? 'rows' : 'first'
  }

  static errorOf(body: Uint8Array): string {
    const state = body.length >= 9 && body[3] === 0x23 ? ` (${asciiText(body, 4, 9)})` : ''
    return `${unsigned(body, 1, 2)}${state}`
  }

  /** `body`: the first bytes of a packet of `length` bytes. */
  packet(body: Uint8Array, length: number): void {
    const mark = body.length > 0 ? body[0] : OK
    if (mark === ERR && this.#expects !== 'columns') {
      this.error = MysqlResponse.errorOf(body)
      this.isComplete = true
      return
    }
    switch (this.#expects) {
      case 'columns':
        if (--this.#columns > 0) return
        if (this.#deprecateEof) this.#columnsRead(0)
        else this.#expects = 'columns-end'
        return
      case 'columns-end':
        this.#columnsRead(unsigned(body, 3, 2))
        return
      case 'rows':
        if (mark !== EOF || length >= (this.#deprecateEof ? FULL : EOF_BELOW)) return
        this.#ended(this.#deprecateEof && length >= 7 ? statusOfOk(body) : unsigned(body, 3, 2))
        return
      default:
        this.#first(mark, body, length)
    }
  }

  #first(mark: number, body: Uint8Array, length: number): void {
    switch (this.#answer) {
      case 'login':
        // Another method of authentication, or more of the same: the client goes on.
        this.isComplete = mark !== MORE_AUTHENTICATION && mark !== EOF
        return
      case 'prepare':
        this.statement = unsigned(body, 1, 4)
        this.#columns = unsigned(body, 7, 2)
        this.#columnsAfter = unsigned(body, 5, 2)
        if (this.#columns === 0) {
          this.#columns = this.#columnsAfter
          this.#columnsAfter = 0
        }
        if (this.#columns === 0) this.isComplete = true
        else this.#expects = 'columns'
        return
      case 'result':
        if (mark === OK) return this.#ended(statusOfOk(body))
        // The client sends a file now, and then this is answered.
        if (mark === LOCAL_INFILE) return
        this.#columns = mark < LOCAL_INFILE ? mark : unsigned(body, 1, mark === 0xfc ? 2 : 3)
        // MariaDB leaves definitions out that the client has (a second number, which is 0).
        if (mark < LOCAL_INFILE && length === 2 && body[1] === 0)
          this.#expects = this.#deprecateEof ? 'rows' : 'columns-end'
        else this.#expects = 'columns'
        return
      default:
        this.isComplete = true
    }
  }

  #columnsRead(status: number): void {
    if (this.#answer === 'prepare') {
      this.#columns = this.#columnsAfter
      this.#columnsAfter = 0
      if (this.#columns === 0) this.isComplete = true
      else this.#expects = 'columns'
    } else if ((status & CURSOR) !== 0) this.isComplete = true
    else this.#expects = 'rows'
  }

  #ended(status: number): void {
    if ((status & MORE_RESULTS) !== 0 && this.#answer === 'result') this.#expects = 'first'
    else this.isComplete = true
  }
}

/** The status flags of an OK packet, behind two numbers of one to nine bytes. */
function statusOfOk(body: Uint8Array): number {
  const first = 1 + lengthOfNumber(body, 1)
  return unsigned(body, first + lengthOfNumber(body, first), 2)
}

function lengthOfNumber(body: Uint8Array, at: number): number {
  const mark = at < body.length ? body[at] : 0
  return mark < 0xfc ? 1 : mark === 0xfc ? 3 : mark === 0xfd ? 4 : 9
}
