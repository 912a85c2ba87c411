import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'

/** Reads bytes of the (decompressed) capture; fewer than asked only at its end. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>

/** Neighbouring frames are read together up to this many bytes, ... */
const BATCH_BYTES = 4 << 20
/** ... with at most this many bytes between them that nobody asked for. */
const GAP_BYTES = 1 << 16

/** Reads under way at a time: as many as a list has rows on screen, which the window's reader makes one request of, ... */
const MOST_READS = 64
/** ... but no more once they are this much. */
const ENOUGH_BYTES = 8 << 20

/** Frames that are read together: those of the places [first, last) of the rows, in bytes [begin, end) of the capture. */
interface Batch {
  readonly first: number
  readonly last: number
  readonly begin: number
  readonly end: number
}

/** A batch with its bytes: fewer than it should have where the capture no longer has them. */
export interface FrameRange extends Batch {
  readonly bytes: Uint8Array
}

/**
 * Calls `take` with the frames of `rows` (ascending), in that order, as many at once as lie close together in the capture. The bytes are
 * valid until it has resolved. Returning false ends it.
 */
export async function eachRange(
  packets: PacketTable,
  rows: ArrayLike<number>,
  read: ReadBytes,
  take: (range: FrameRange) => boolean | void | Promise<boolean | void>,
): Promise<void> {
  const underWay: { readonly batch: Batch; readonly bytes: Promise<Uint8Array> }[] = []
  let next = 0
  let reading = 0
  const start = () => {
    const batch = batchAt(packets, rows, next)
    const bytes = read(batch.begin, batch.end - batch.begin)
    // Who does not wait for it any more does not care how it ended.
    bytes.catch(() => undefined)
    underWay.push({ batch, bytes })
    next = batch.last
    reading += batch.end - batch.begin
  }
  while (next < rows.length || underWay.length > 0) {
    // Many at once rather than one for each that has come.
    if (underWay.length <= MOST_READS / 2)
      while (next < rows.length && underWay.length < MOST_READS && reading < ENOUGH_BYTES) start()
    const first = underWay.shift()
    if (!first) return
    const { batch } = first
    const bytes = await first.bytes
    reading -= batch.end - batch.begin
    if ((await take({ ...batch, bytes })) === false) return
  }
}

/**
 * Calls `take` with the bytes of each frame of `rows` (ascending), in that order. The bytes are valid during the call only.
 * Returning false from `take` ends it. Frames whose bytes are no longer there come as empty.
 */
export function eachFrame(
  packets: PacketTable,
  rows: ArrayLike<number>,
  read: ReadBytes,
  take: (row: number, bytes: Uint8Array) => boolean | void,
): Promise<void> {
  return eachRange(packets, rows, read, ({ first, last, begin, bytes }) => {
    for (let n = first; n < last; n++) {
      const at = offsetOf(packets, rows[n]) - begin
      const length = endOf(packets, rows[n]) - begin - at
      if (take(rows[n], bytes.subarray(at, at + length)) === false) return false
    }
    return true
  })
}

function batchAt(packets: PacketTable, rows: ArrayLike<number>, first: number): Batch {
  const begin = offsetOf(packets, rows[first])
  let end = endOf(packets, rows[first])
  let last = first + 1
  for (; last < rows.length; last++) {
    const offset = offsetOf(packets, rows[last])
    const next = endOf(packets, rows[last])
    if (offset < begin || offset - end > GAP_BYTES || next - begin > BATCH_BYTES) break
    end = Math.max(end, next)
  }
  return { first, last, begin, end }
}

function offsetOf(packets: PacketTable, row: number): number {
  return packets.chunk(row).offset[row % CHUNK_ROWS]
}

function endOf(packets: PacketTable, row: number): number {
  const chunk = packets.chunk(row)
  return chunk.offset[row % CHUNK_ROWS] + chunk.capturedLength[row % CHUNK_ROWS]
}
