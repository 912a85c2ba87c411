import type {
  ByteOrder,
  CaptureFormat,
  CaptureInterface,
  CaptureSection,
  Compression,
  Damage,
} from '../../common/model/capture.ts'
import { u32 } from './bytes.ts'
import type { CaptureReader, FrameSink, StartPoint } from './capture-reader.ts'
import type { Decompressor } from './decompress/decompressor.ts'
import { describe, SIGNATURE_LENGTH } from './file-signatures.ts'
import { GzipDecompressor, isGzip } from './decompress/gzip.ts'
import { pcapByteOrder, PcapParser } from './pcap-parser.ts'
import { BLOCK } from './pcapng-format.ts'
import { PcapngParser } from './pcapng-parser.ts'
import { RecordStream } from './record-stream.ts'
import { SnoopParser } from './snoop-parser.ts'
import { isZstd, ZstdDecompressor } from './decompress/zstd.ts'

const COMPRESSED_SLICE = 16_384

/**
 * Reads a capture file of any format we know, compressed or not, from chunks of any size, and pushes its frames into the sink.
 *
 * Nothing here throws on content. A file that can't be read, is cut or is corrupt gets `damage`, with the place in the decompressed
 * capture and the reason in a sentence; the frames before it have been pushed, and further bytes are ignored.
 */
export class CaptureFileReader implements CaptureReader {
  readonly #sink: FrameSink
  readonly #onDecompressed: ((bytes: Uint8Array) => void) | undefined
  /** The first bytes, until they suffice to tell what the file is: of the file, then of the capture in it. */
  #head: Uint8Array | undefined = new Uint8Array(0)
  #compression: Compression | undefined
  #decompressor: Decompressor | undefined
  #decompressed = 0
  #parser: PcapParser | PcapngParser | SnoopParser | undefined
  #records: RecordStream | undefined
  #damage: Damage | undefined
  #bytesRead = 0
  #finished = false

  /**
   * `onDecompressed` is called with the decompressed bytes, in order, when the file is compressed: the offsets of frames are positions
   * in that stream. They are valid during the call only.
   */
  constructor(sink: FrameSink, onDecompressed?: (bytes: Uint8Array) => void) {
    this.#sink = sink
    this.#onDecompressed = onDecompressed
  }

  /** Instead of the file's first bytes: those that are pushed next are the ones from that point on. */
  resume(at: StartPoint): void {
    this.push(at.descriptions)
    this.#records?.resume(at)
    this.#bytesRead = at.offset
  }

  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return
    this.#bytesRead += chunk.length
    if (this.#compression === undefined) this.#stored(chunk)
    else if (this.#decompressor) this.#compressed(chunk)
    else this.#capture(chunk)
  }

  finish(): void {
    if (this.#ended) return
    this.#finished = true
    if (this.#decompressor) {
      const reason = this.#decompressor.finish()
      if (reason !== undefined) return this.#fail(this.#decompressed, reason)
    }
    if (this.#records) this.#damage = this.#records.finish()
    else this.#unknown(this.#head ?? new Uint8Array(0))
  }

  get format(): CaptureFormat | undefined {
    if (!this.#parser) return undefined
    if (this.#parser instanceof SnoopParser) return 'snoop'
    return this.#parser instanceof PcapParser ? 'pcap' : 'pcapng'
  }

  get compression(): Compression {
    return this.#compression ?? 'none'
  }

  /** Of the first section, if it is a pcapng file. */
  get byteOrder(): ByteOrder | undefined {
    return this.#parser instanceof PcapngParser ? this.sections[0]?.byteOrder : this.#parser?.byteOrder
  }

  get epoch(): bigint | undefined {
    return this.#parser?.epoch
  }

  /** Of all sections, in file order. */
  get interfaces(): readonly CaptureInterface[] {
    return this.#parser?.interfaces ?? []
  }

  /** Empty for a classic pcap. */
  get sections(): readonly CaptureSection[] {
    return this.#parser instanceof PcapngParser ? this.#parser.sections : []
  }

  /** Of all sections. */
  get comments(): readonly string[] {
    return this.sections.flatMap((section) => section.comments)
  }

  /** Comments of packets, by row: that of the sink where it keeps only some. */
  get packetComments(): ReadonlyMap<number, readonly string[]> {
    return this.#parser instanceof PcapngParser ? this.#parser.packetComments : NONE
  }

  /** Names of addresses (10.0.0.1, fd00::1, 0a:58:0a:f4:01:07) that the file brings along. */
  get names(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#parser instanceof PcapngParser ? this.#parser.names : NONE
  }

  /** How many blocks of decryption secrets the file has, by kind. The secrets are not kept. */
  get secrets(): ReadonlyMap<string, number> {
    return this.#parser instanceof PcapngParser ? this.#parser.secrets : NONE
  }

  /** Bytes taken of the file, as stored. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Byte of the (decompressed) capture up to which frames have been pushed: the next record begins there. */
  get parsed(): number {
    return this.#records?.parsed ?? 0
  }

  get damage(): Damage | undefined {
    return this.#damage
  }

  /** Nothing more is taken. */
  get #ended(): boolean {
    return this.#finished || this.#damage !== undefined || this.#sink.full === true
  }

  /** First bytes of the file: is it compressed? */
  #stored(chunk: Uint8Array): void {
    const head = joined(this.#head, chunk)
    this.#head = head
    if (head.length < 4) return
    const magic = u32(head, 0, false)
    if (isGzip(magic)) {
      this.#compression = 'gzip'
      this.#decompressor = new GzipDecompressor((bytes) => this.#decompressedBytes(bytes))
    } else if (isZstd(magic)) {
      this.#compression = 'zstd'
      this.#decompressor = new ZstdDecompressor((bytes) => this.#decompressedBytes(bytes))
    } else {
      this.#compression = 'none'
    }
    this.#head = undefined
    if (this.#decompressor) this.#compressed(head)
    else this.#capture(head)
  }

  /** In slices, so that not much more is decompressed once reading has ended: a small chunk can hold gigabytes. */
  #compressed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#ended; at += COMPRESSED_SLICE) {
      const reason = this.#decompressor?.push(chunk.subarray(at, at + COMPRESSED_SLICE))
      if (reason !== undefined && !this.#ended) this.#fail(this.#decompressed, reason)
    }
  }

  #decompressedBytes(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#onDecompressed?.(bytes)
    this.#decompressed += bytes.length
    this.#capture(bytes)
  }

  #capture(chunk: Uint8Array): void {
    if (!this.#records) {
      const head = joined(this.#head, chunk)
      this.#head = head
      if (head.length < 4) return
      const magic = u32(head, 0, false)
      if (magic === BLOCK.sectionHeader) this.#parser = new PcapngParser(this.#sink)
      else if (pcapByteOrder(magic)) this.#parser = new PcapParser(this.#sink)
      else if (isSnoop(head)) this.#parser = new SnoopParser(this.#sink)
      else if (head.length < SIGNATURE_LENGTH) return
      else return this.#unknown(head)
      this.#records = new RecordStream(this.#parser, this.#sink)
      this.#head = undefined
      chunk = head
    }
    this.#records.push(chunk)
    // What is damaged behind the last frame that was taken is not of this capture's part.
    if (!this.#sink.full) this.#damage = this.#parser?.damage
  }

  /** No capture we can read. */
  #unknown(head: Uint8Array): void {
    const what = this.compression === 'none' ? 'The file' : `What the ${this.compression} data holds`
    const readable = 'Captures of the formats pcap, pcapng and snoop can be read, also compressed with gzip or zstd.'
    const bytes = head.length === 1 ? '1 byte' : `${head.length} bytes`
    if (head.length === 0)
      this.#fail(
        0,
        `${what} is empty: its writer has written nothing yet (tcpdump -U does so with each packet), or could not.`,
      )
    else if (head.length < 4) this.#fail(0, `${what} is too short to be a capture: it has ${bytes}.`)
    else this.#fail(0, `${what} is ${describe(head)}. ${readable}`)
  }

  #fail(offset: number, reason: string): void {
    this.#damage = { offset, reason }
  }
}

/** "snoop" and three zeros. */
function isSnoop(head: Uint8Array): boolean {
  return head.length >= 8 && u32(head, 0, false) === 0x6f6f_6e73 && u32(head, 4, false) === 0x0000_0070
}

const NONE: ReadonlyMap<never, never> = new Map<never, never>()

/** A copy: what is kept of a chunk must survive it. */
function joined(head: Uint8Array | undefined, chunk: Uint8Array): Uint8Array {
  const kept = head?.length ?? 0
  const both = new Uint8Array(kept + chunk.length)
  if (head) both.set(head)
  both.set(chunk, kept)
  return both
}
