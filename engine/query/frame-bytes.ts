import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'

/** Reads bytes of the (decompressed) capture; fewer than asked only at its end. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>

/** Neighbouring frames are read together up to this many bytes, ... */
const BATCH_BYTES = 1 << 20
/** ... with at most this many bytes between them that nobody asked for. */
const GAP_BYTES = 1 << 16

/**
 * Calls `take` with the bytes of each frame of `rows` (ascending), in that order. The bytes are valid during the call only.
 * Returning false from `take` ends it. Frames whose bytes are no longer there come as empty.
 */
export async function eachFrame(
  packets: PacketTable,
  rows: ArrayLike<number>,
  read: ReadBytes,
  take: (row: number, bytes: Uint8Array) => boolean | void,
): Promise<void> {
  let first = 0
  while (first < rows.length) {
    const begin = offsetOf(packets, rows[first])
    let end = endOf(packets, rows[first])
    let last = first + 1
    for (; last < rows.length; last++) {
      const offset = offsetOf(packets, rows[last])
      const next = endOf(packets, rows[last])
      if (offset < begin || offset - end > GAP_BYTES || next - begin > BATCH_BYTES) break
      end = Math.max(end, next)
    }
    const bytes = await read(begin, end - begin)
    for (; first < last; first++) {
      const at = offsetOf(packets, rows[first]) - begin
      const length = endOf(packets, rows[first]) - begin - at
      if (take(rows[first], bytes.subarray(at, at + length)) === false) return
    }
  }
}

function offsetOf(packets: PacketTable, row: number): number {
  return packets.chunk(row).offset[row % CHUNK_ROWS]
}

function endOf(packets: PacketTable, row: number): number {
  const chunk = packets.chunk(row)
  return chunk.offset[row % CHUNK_ROWS] + chunk.capturedLength[row % CHUNK_ROWS]
}
