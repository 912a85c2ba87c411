/** Little-endian bytes, growing as they are written. */
export class ByteWriter {
  length = 0
  #bytes: Uint8Array
  #view: DataView

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u16(n: number): void {
    this.#room(2)
    this.#view.setUint16(this.length, n, true)
    this.length += 2
  }

  u32(n: number): void {
    this.#room(4)
    this.#view.setUint32(this.length, n, true)
    this.length += 4
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Zeros up to a multiple of four bytes. */
  pad(): void {
    const missing = -this.length & 3
    this.#room(missing)
    this.#bytes.fill(0, this.length, this.length + missing)
    this.length += missing
  }

  /** Overwrites four bytes written before. */
  patchU32(at: number, n: number): void {
    this.#view.setUint32(at, n, true)
  }

  /** All that was written since the last take, as a copy that stays. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length)
    this.length = 0
    return taken
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + more))
    larger.set(this.#bytes.subarray(0, this.length))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
