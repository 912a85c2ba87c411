import type { CapturePiece, PieceBytes } from '../../common/model/capture-pieces.ts'
import type { FoundPlaces } from '../../common/model/capture-search.ts'
import type { Needle } from '../../common/model/needle.ts'
import type { CaptureOptions } from '../../engine/engine.ts'
import { byteSource, SpooledBytes, type ByteSource, type CaptureOrigin } from './byte-source.ts'
import type { Progress } from './engine-service.ts'
import { ReadAhead } from './read-ahead.ts'
import { readCapture, type CaptureConsumer } from './read-capture.ts'
import { SearchAhead } from './search-ahead.ts'

/** An engine with the bytes it is fed from: reads once through, then serves the bytes of single packets. */
export class CaptureReading<Engine extends CaptureConsumer> {
  readonly engine: Engine
  readonly #source: ByteSource
  readonly #ahead: ReadAhead
  readonly #search: SearchAhead | undefined
  readonly #spool = new SpooledBytes()
  readonly #control = new AbortController()
  readonly #from: number
  #compressed = false

  constructor(
    origin: CaptureOrigin,
    options: Pick<CaptureOptions, 'limits' | 'part' | 'start'>,
    createEngine: (options: CaptureOptions) => Engine,
  ) {
    const source = byteSource(origin)
    this.#source = source
    this.#from = options.start?.offset ?? 0
    this.#ahead = new ReadAhead(
      (offset, length) => source.read(offset, length),
      (offset, signal) => source.rest(offset, signal),
    )
    this.#search = source.search && new SearchAhead(source.search.bind(source))
    this.engine = createEngine({
      ...options,
      heads: true,
      onDecompressed: (bytes) => {
        this.#compressed = true
        this.#spool.append(bytes)
      },
    })
  }

  /** Resolves when reading has ended; `answering` tells the milliseconds spent on answers so far. */
  run(report: (progress: Progress) => void, answering: () => number): Promise<void> {
    return readCapture(this.#source, this.engine, this.#control.signal, report, answering, this.#from)
  }

  cancel(): void {
    this.#control.abort()
  }

  /** Bytes of the capture as its packets' offsets count them: of the decompressed stream where it is compressed. */
  read(offset: number, length: number, memory?: ArrayBuffer): Promise<Uint8Array> {
    return this.#compressed ? this.#spool.read(offset, length) : this.#ahead.read(offset, length, memory)
  }

  /** The same of many pieces at once, unless the signal aborts; undefined where that is no quicker. */
  pieces(pieces: readonly CapturePiece[], signal?: AbortSignal): Promise<PieceBytes> | undefined {
    return this.#compressed ? undefined : this.#source.pieces?.(pieces, signal)
  }

  /** `length` bytes from each of the places on, unless the signal aborts; undefined where that is no quicker. */
  excerpts(length: number, places: Float64Array, signal?: AbortSignal): Promise<Uint8Array> | undefined {
    return this.#compressed ? undefined : this.#source.excerpts?.(length, places, signal)
  }

  /** Where the needles begin in [from, to), and perhaps beside it, unless the signal aborts; undefined where that is no quicker. */
  search(needles: readonly Needle[], from: number, to: number, signal?: AbortSignal): Promise<FoundPlaces> | undefined {
    return this.#compressed ? undefined : this.#search?.search(needles, from, to, signal)
  }
}
