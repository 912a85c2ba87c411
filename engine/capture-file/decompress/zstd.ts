import { u32 } from '../bytes.ts'
import type { Decompressor } from './decompressor.ts'
import { MAXIMUM_BLOCK, ZstdBlocks, ZstdWindow } from './zstd-block.ts'
import { XxHash64 } from './xxhash64.ts'
import { ZstdError } from './zstd-entropy.ts'

/** How far back matches may reach: what `zstd` takes without being told to use more memory. */
const MAXIMUM_WINDOW = 128 * 1024 * 1024
/** Bit readers load four bytes at a time. */
const PADDING = 4

type Stage = 'magic' | 'frame' | 'block header' | 'block' | 'checksum' | 'skip length' | 'skip'

/** First four bytes of a frame, as a little-endian number. */
export function isZstd(magic: number): boolean {
  return magic === 0xfd2f_b528 || isSkippable(magic)
}

function isSkippable(magic: number): boolean {
  return (magic & 0xffff_fff0) >>> 0 === 0x184d_2a50
}

/**
 * zstd (RFC 8878), also several frames one after the other, with skippable ones among them. Written here because what there is in
 * JavaScript moves the whole window for each block and trusts the lengths it reads: a small file could keep it busy for hours.
 * Memory is bounded by twice the window.
 */
export class ZstdDecompressor implements Decompressor {
  readonly #out: (bytes: Uint8Array) => void
  readonly #window = new ZstdWindow()
  readonly #blocks = new ZstdBlocks(this.#window)
  readonly #hash = new XxHash64()
  #stage: Stage = 'magic'
  /** What the stage needs, once it is all there. */
  readonly #held = new Uint8Array(MAXIMUM_BLOCK + PADDING)
  #heldLength = 0
  #need = 4
  #skip = 0
  #taken = 0
  #frames = 0
  // Of the frame, and of the block.
  #hasChecksum = false
  /** -1 = not said. */
  #contentSize = -1
  #given = 0
  #maximumBlock = 0
  #last = false
  #kind = 0
  #blockLength = 0

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
  }

  push(chunk: Uint8Array): string | undefined {
    let at = 0
    try {
      while (at < chunk.length) {
        if (this.#stage === 'skip') {
          const skipped = Math.min(this.#skip, chunk.length - at)
          this.#skip -= skipped
          at += skipped
          if (this.#skip === 0) this.#next('magic', 4)
          continue
        }
        const more = Math.min(this.#need - this.#heldLength, chunk.length - at)
        this.#held.set(chunk.subarray(at, at + more), this.#heldLength)
        this.#heldLength += more
        at += more
        // More than once where the next stage needs nothing, as an empty block does.
        while (this.#heldLength === this.#need) this.#step()
      }
    } catch (error) {
      if (!(error instanceof ZstdError)) throw error
      return `The zstd data is corrupt before byte ${this.#taken + at} of the file: ${error.message}.`
    }
    this.#taken += chunk.length
    return undefined
  }

  finish(): string | undefined {
    if (this.#stage === 'magic' && this.#heldLength === 0 && this.#frames > 0) return undefined
    return `The zstd data ends in the middle, after ${this.#taken} bytes of the file: it was cut, or is still being written.`
  }

  #next(stage: Stage, need: number): void {
    this.#stage = stage
    this.#need = need
    this.#heldLength = 0
  }

  #step(): void {
    const held = this.#held
    switch (this.#stage) {
      case 'magic': {
        const magic = u32(held, 0, false)
        if (isSkippable(magic)) this.#next('skip length', 4)
        else if (isZstd(magic)) this.#next('frame', 1)
        else throw new ZstdError('something else follows the last frame')
        break
      }
      case 'skip length':
        this.#skip = u32(held, 0, false)
        this.#frames++
        if (this.#skip === 0) this.#next('magic', 4)
        else this.#next('skip', Infinity)
        break
      case 'frame': {
        // | content size (2) | single segment | 0 | reserved | checksum | dictionary (2) |, then window, dictionary, content size.
        const length = frameHeaderLength(held[0])
        if (this.#need < length) this.#need = length
        else this.#frame(held)
        break
      }
      case 'block header': {
        const header = held[0] | (held[1] << 8) | (held[2] << 16)
        this.#last = (header & 1) === 1
        this.#kind = (header >> 1) & 3
        this.#blockLength = header >> 3
        if (this.#kind === 3) throw new ZstdError('a block is of no known kind')
        if (this.#blockLength > this.#maximumBlock) throw new ZstdError('a block is larger than it may be')
        // One byte, repeated, takes no more than itself.
        this.#next('block', this.#kind === 1 ? 1 : this.#blockLength)
        break
      }
      case 'block':
        this.#block()
        if (!this.#last) this.#next('block header', 3)
        else if (this.#hasChecksum) this.#next('checksum', 4)
        else this.#endFrame()
        break
      case 'checksum':
        if (u32(held, 0, false) !== this.#hash.low32()) throw new ZstdError('a checksum does not match')
        this.#endFrame()
        break
      case 'skip':
        // Nothing is held of it, see push.
        break
    }
  }

  #endFrame(): void {
    if (this.#contentSize >= 0 && this.#given !== this.#contentSize) {
      throw new ZstdError(`a frame holds ${this.#given} bytes, but says ${this.#contentSize}`)
    }
    this.#frames++
    this.#next('magic', 4)
  }

  #frame(held: Uint8Array): void {
    const descriptor = held[0]
    if (descriptor & 0x08) throw new ZstdError('a reserved bit is set')
    const singleSegment = (descriptor & 0x20) !== 0
    this.#hasChecksum = (descriptor & 0x04) !== 0
    let at = 1
    let window = 0
    if (!singleSegment) {
      const base = 2 ** (10 + (held[at] >> 3))
      window = base + (base / 8) * (held[at] & 7)
      at++
    }
    let dictionary = 0
    const dictionaryLength = DICTIONARY_LENGTHS[descriptor & 3]
    for (let i = 0; i < dictionaryLength; i++) dictionary += held[at++] * 2 ** (8 * i)
    if (dictionary !== 0) {
      throw new ZstdError(`it was made with dictionary ${dictionary}: unpack it first (zstd -d -D DICTIONARY)`)
    }
    const sizeLength = frameHeaderLength(descriptor) - at
    this.#contentSize = sizeLength === 0 ? -1 : sizeLength === 2 ? 256 : 0
    for (let i = 0; i < sizeLength; i++) this.#contentSize += held[at++] * 2 ** (8 * i)
    if (singleSegment) window = this.#contentSize
    if (window > MAXIMUM_WINDOW) {
      const mebibytes = Math.ceil(window / 2 ** 20)
      throw new ZstdError(`it needs a window of ${mebibytes} MiB: unpack it first (zstd -d --memory=${mebibytes}MiB)`)
    }
    this.#maximumBlock = Math.min(Math.max(window, 1), MAXIMUM_BLOCK)
    this.#given = 0
    this.#hash.reset()
    this.#window.reset(window)
    this.#blocks.reset()
    this.#next('block header', 3)
  }

  #block(): void {
    const window = this.#window
    window.reserve()
    const start = window.end
    const held = this.#held
    if (this.#kind === 0) {
      window.bytes.set(held.subarray(0, this.#blockLength), start)
      window.end += this.#blockLength
    } else if (this.#kind === 1) {
      window.bytes.fill(held[0], start, start + this.#blockLength)
      window.end += this.#blockLength
    } else {
      held.fill(0, this.#blockLength, this.#blockLength + PADDING)
      this.#blocks.decode(held, 0, this.#blockLength)
    }
    this.#given += window.end - start
    if (window.end === start) return
    if (this.#hasChecksum) this.#hash.update(window.bytes.subarray(start, window.end))
    this.#out(window.bytes.subarray(start, window.end))
  }
}

const DICTIONARY_LENGTHS = [0, 1, 2, 4]
const CONTENT_SIZE_LENGTHS = [0, 2, 4, 8]

/** With the descriptor, without the magic number. */
function frameHeaderLength(descriptor: number): number {
  const singleSegment = (descriptor >> 5) & 1
  const contentSize = CONTENT_SIZE_LENGTHS[descriptor >> 6] || singleSegment
  return 1 + (1 - singleSegment) + DICTIONARY_LENGTHS[descriptor & 3] + contentSize
}
