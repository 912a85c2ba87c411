/** Where the next chunk of so many bytes is put. */
export type ChunkMemory = (bytes: number) => Uint8Array

/** New memory for each chunk, for a carrier that does not tell when it is done with one. */
export const newMemory: ChunkMemory = (bytes) => Buffer.allocUnsafeSlow(bytes)

/**
 * Two pieces of memory in turn: a chunk is valid until the one after the next is asked for, so one is read while the one before is sent.
 * A server that makes new memory for each chunk takes twice the processor time, most of it the operating system's.
 */
export function memoryInTurn(): ChunkMemory {
  let [mine, other] = [Buffer.alloc(0), Buffer.alloc(0)]
  return (bytes) => {
    ;[mine, other] = [other, mine]
    if (mine.length < bytes) mine = Buffer.allocUnsafeSlow(bytes)
    return mine.subarray(0, bytes)
  }
}
