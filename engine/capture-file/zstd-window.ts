/** What zstd itself decompresses without being told to: 2^27. */
const LARGEST_WINDOW = 128 * 1024 * 1024

const MAGIC = 0xfd2f_b528
const SKIPPABLE = 0x184d_2a50

/**
 * Walks the frames of a zstd file (RFC 8878, section 3.1) beside the decompressor, only to see how much memory each asks for before
 * it gets it: 6 bytes can claim 2 GB.
 *
 *     frame:  magic (4) | descriptor (1) | window (0-1) | dictionary (0-4) | content size (0-8) | blocks | checksum (0-4)
 *     block:  last (1 bit) | type (2 bits) | size (21 bits) | that many bytes, 1 if it is a repeated byte
 */
export class ZstdWindowCheck {
  /** The header being gathered, what it is, and how long it is. */
  readonly #head = new Uint8Array(14)
  #kind: 'magic' | 'skippable' | 'descriptor' | 'header' | 'block' | 'nothing' = 'magic'
  #have = 0
  #need = 4
  /** Bytes that matter to the decompressor only. */
  #skip = 0
  #descriptor = 0

  /** The window that a frame in `chunk` asks for, when it is too large; the chunk must not be decompressed then. */
  push(chunk: Uint8Array): number | undefined {
    for (let at = 0; at < chunk.length && this.#kind !== 'nothing';) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      this.#head[this.#have++] = chunk[at++]
      if (this.#have < this.#need) continue
      this.#have = 0
      const window = this.#header()
      if (window > LARGEST_WINDOW) return window
    }
    return undefined
  }

  /** Takes the header that is complete; the window it asks for, 0 for other headers. */
  #header(): number {
    switch (this.#kind) {
      case 'magic': {
        const magic = number(this.#head, 0, 4)
        if (magic === MAGIC) this.#expect('descriptor', 1)
        else if (magic - (magic % 16) === SKIPPABLE) this.#expect('skippable', 4)
        else this.#kind = 'nothing'
        return 0
      }
      case 'skippable':
        this.#skip = number(this.#head, 0, 4)
        this.#expect('magic', 4)
        return 0
      case 'descriptor': {
        this.#descriptor = this.#head[0]
        this.#expect('header', this.#windowBytes() + this.#dictionaryBytes() + this.#sizeBytes())
        return 0
      }
      case 'header':
        this.#expect('block', 3)
        return this.#window()
      case 'block': {
        const header = number(this.#head, 0, 3)
        const repeatedByte = ((header >> 1) & 3) === 1
        this.#skip = repeatedByte ? 1 : header >> 3
        if (header & 1) {
          this.#skip += this.#descriptor & 4
          this.#expect('magic', 4)
        }
        return 0
      }
      default:
        return 0
    }
  }

  #expect(kind: 'magic' | 'skippable' | 'descriptor' | 'header' | 'block', bytes: number): void {
    this.#kind = kind
    this.#need = bytes
  }

  /** A single segment has no window: it is the content. */
  #windowBytes(): number {
    return this.#descriptor & 0x20 ? 0 : 1
  }

  #dictionaryBytes(): number {
    return [0, 1, 2, 4][this.#descriptor & 3]
  }

  #sizeBytes(): number {
    return [this.#descriptor & 0x20 ? 1 : 0, 2, 4, 8][this.#descriptor >> 6]
  }

  #window(): number {
    if (this.#windowBytes() === 1) {
      const base = 2 ** (10 + (this.#head[0] >> 3))
      return base + (base / 8) * (this.#head[0] & 7)
    }
    const bytes = this.#sizeBytes()
    return number(this.#head, this.#dictionaryBytes(), bytes) + (bytes === 2 ? 256 : 0)
  }
}

/** Little-endian. */
function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[at + i]
  return value
}
