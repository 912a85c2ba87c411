import type { ReadBytes } from '../../engine/engine.ts'

/** Reads of which the largest, excerpts, end on the host as well when a signal aborts. */
export interface AbortableRead extends ReadBytes {
  readonly excerpts: (length: number, places: Float64Array, signal?: AbortSignal) => Promise<Uint8Array> | undefined
}

/** The same for one search: what it has asked for and nobody wants any more is not sent. */
export function readUntil(signal: AbortSignal, read: AbortableRead): ReadBytes {
  const { pieces, search } = read
  return Object.assign((offset: number, length: number, memory?: ArrayBuffer) => read(offset, length, memory), {
    ...(pieces && { pieces }),
    ...(search && { search }),
    excerpts: (length: number, places: Float64Array) => read.excerpts(length, places, signal),
  })
}
