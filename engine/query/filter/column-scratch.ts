import { CHUNK_ROWS } from '../../columns/packet-table.ts'

// Scratch arrays, shared by all filters: none is in use between two calls.

export interface Register {
  readonly values: Float64Array
  readonly presence: Uint8Array
}

const registers: Register[] = []
const outcomes: Uint8Array[] = []

export function register(at: number): Register {
  return (registers[at] ??= { values: new Float64Array(CHUNK_ROWS), presence: new Uint8Array(CHUNK_ROWS) })
}

export function outcomeScratch(depth: number): Uint8Array {
  return (outcomes[depth] ??= new Uint8Array(CHUNK_ROWS))
}
