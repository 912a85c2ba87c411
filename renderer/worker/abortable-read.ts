import type { CapturePiece, PieceBytes } from '../../common/model/capture-pieces.ts'
import type { FoundPlaces } from '../../common/model/capture-search.ts'
import type { Needle } from '../../common/model/needle.ts'
import type { ReadBytes } from '../../engine/engine.ts'

/** Reads of which those that keep the host busy end there as well when a signal aborts. */
export interface AbortableRead extends ReadBytes {
  readonly pieces: (pieces: readonly CapturePiece[], signal?: AbortSignal) => Promise<PieceBytes> | undefined
  readonly search: (
    needles: readonly Needle[],
    from: number,
    to: number,
    signal?: AbortSignal,
  ) => Promise<FoundPlaces> | undefined
  readonly excerpts: (length: number, places: Float64Array, signal?: AbortSignal) => Promise<Uint8Array> | undefined
}

/** The same for one search: what it has asked for and nobody wants any more is not sent. */
export function readUntil(signal: AbortSignal, read: AbortableRead): ReadBytes {
  return Object.assign((offset: number, length: number, memory?: ArrayBuffer) => read(offset, length, memory), {
    pieces: (pieces: readonly CapturePiece[]) => read.pieces(pieces, signal),
    search: (needles: readonly Needle[], from: number, to: number) => read.search(needles, from, to, signal),
    excerpts: (length: number, places: Float64Array) => read.excerpts(length, places, signal),
  })
}
