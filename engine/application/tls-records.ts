/** Types of records (RFC 8446 section 5.1). */
export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const

const HEADER = 5
/** RFC 5246 section 6.2.3: the largest record there may be. */
const LONGEST_RECORD = 2 ** 14 + 2048

export interface TlsRecords {
  /** A record's header is complete; the first byte of it was in the packet at `row`. */
  record(type: number, length: number, row: number, time: number): void
  /** The next bytes of the record's body. */
  body(type: number, bytes: Uint8Array, from: number, to: number): void
  /** All of the record has been there. */
  recordEnd(type: number): void
  /** `length` bytes of the record's body are missing. */
  bodyGap(length: number): void
}

/** Splits one side of a TLS connection into records. */
export class TlsRecordReader {
  readonly #records: TlsRecords
  readonly #header = new Uint8Array(HEADER)
  #headerBytes = 0
  #left = 0
  #type = 0
  #row = 0
  #time = 0
  /** What is read are no records, or a hole has hidden where the next one begins. */
  lost = false

  constructor(records: TlsRecords) {
    this.#records = records
  }

  data(bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    for (let at = from; at < to && !this.lost;) {
      if (this.#left > 0) {
        const end = Math.min(to, at + this.#left)
        this.#left -= end - at
        this.#records.body(this.#type, bytes, at, end)
        at = end
        if (this.#left === 0) this.#records.recordEnd(this.#type)
        continue
      }
      if (this.#headerBytes === 0) {
        this.#row = row
        this.#time = time
      }
      this.#header[this.#headerBytes++] = bytes[at++]
      if (this.#headerBytes === HEADER) this.#headerRead()
    }
  }

  gap(length: number): void {
    // Before the first record: it was recognised, so a record begins here.
    if (Number.isNaN(length) && this.#headerBytes === 0 && this.#left === 0) return
    if (length <= this.#left) {
      this.#left -= length
      this.#records.bodyGap(length)
      if (this.#left === 0) this.#records.recordEnd(this.#type)
    } else this.lost = true
  }

  #headerRead(): void {
    const [type, major] = this.#header
    const length = (this.#header[3] << 8) | this.#header[4]
    this.#headerBytes = 0
    if (type < RECORD.changeCipherSpec || type > 24 || major !== 3 || length > LONGEST_RECORD) {
      this.lost = true
      return
    }
    this.#type = type
    this.#left = length
    this.#records.record(type, length, this.#row, this.#time)
    if (length === 0) this.#records.recordEnd(type)
  }
}
