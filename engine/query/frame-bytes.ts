import { type CapturePiece, MOST_PIECE_BYTES, MOST_PIECES, type PieceBytes } from '../../common/model/capture-pieces.ts'
import type { FoundPlaces } from '../../common/model/capture-search.ts'
import type { Needle } from '../../common/model/needle.ts'
import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { RowList } from './row-list.ts'

/** Reads bytes of the (decompressed) capture; fewer than asked only at its end. */
export interface ReadBytes {
  /** Where they may be put into `memory`, that is quicker than making new memory for megabytes. */
  (offset: number, length: number, memory?: ArrayBuffer): Promise<Uint8Array>
  /**
   * The same of many pieces at once (as many as capture-pieces.ts says), where that is quicker than reading what is between them too: of this
   * capture, or undefined.
   */
  readonly pieces?: (pieces: readonly CapturePiece[]) => Promise<PieceBytes> | undefined
  /**
   * `length` bytes from each of the places on, which ascend, one behind the other and as far as the capture reaches (as many as
   * capture-excerpts.ts says), where that is quicker than reading what is between them too: of this capture, or undefined.
   */
  readonly excerpts?: (length: number, places: Float64Array) => Promise<Uint8Array> | undefined
  /**
   * Where any of the needles begins in [from, to), and perhaps beside it, where looking for them is quicker than reading: of this capture, and these
   * needles, or undefined.
   */
  readonly search?: (needles: readonly Needle[], from: number, to: number) => Promise<FoundPlaces> | undefined
}

/** Neighbouring frames are read together up to this many bytes, ... */
const BATCH_BYTES = 4 << 20
/** ... with at most this many bytes between them that nobody asked for. */
const GAP_BYTES = 1 << 16

/** In Chromium a piece more takes as long as so many bytes more of a stream, on the host, on the way and here. */
const PIECE_COST = 1024
/** Pieces are asked for where that takes a half of what it takes to read all that they lie in, ... */
const PIECES_SHARE = 0.5
/** ... and that is more than a single read. */
const PIECES_SPAN = 1 << 18

/** Reads under way at a time: as many as a list has rows on screen, which the window's reader makes one request of, ... */
const MOST_READS = 64
/** ... but no more once they are this much. */
const ENOUGH_BYTES = 8 << 20
/** As much as a request for many pieces counts: the host reads more than it sends, and others want to be answered too. */
const PIECES_COST = ENOUGH_BYTES / 2

/** Frames that are read together: those of the places [first, last) of the rows. */
export interface FrameRange {
  readonly first: number
  readonly last: number
  readonly bytes: Uint8Array
  /** Where each begins in the bytes, ... */
  readonly places: Uint32Array
  /**
   * ... and one past where its last captured byte is, less where the capture no longer has it. Of one of which only its first bytes were
   * wanted those are there, and behind them something else, or nothing.
   */
  readonly ends: Uint32Array
}

/** How many of a frame's bytes are wanted, from its first; `i` is its place in the chunk. */
export type BytesWanted = (chunk: PacketChunk, i: number) => number

interface RangeOptions {
  readonly wanted?: BytesWanted
  /** Memory that batches are read into again and again. Whoever gives it keeps none of the bytes. */
  readonly spare?: ArrayBuffer[]
}

/** As many as are under way, and one that is looked at. */
const MOST_SPARE = ENOUGH_BYTES / BATCH_BYTES + 1

const wholeFrame: BytesWanted = ({ capturedLength }, i) => capturedLength[i]

/**
 * Calls `take` with the frames of `rows` (ascending), in that order, as many at once as lie close together in the capture. The bytes are
 * valid until it has resolved. Returning false ends it.
 */
export async function eachRange(
  packets: PacketTable,
  rows: ArrayLike<number>,
  read: ReadBytes,
  take: (range: FrameRange) => boolean | void | Promise<boolean | void>,
  { wanted = wholeFrame, spare }: RangeOptions = {},
): Promise<void> {
  const underWay: { readonly cost: number; readonly range: Promise<FrameRange>; readonly memory?: ArrayBuffer }[] = []
  let next = 0
  let reading = 0
  let givesPieces = read.pieces !== undefined
  const start = () => {
    const first = next
    const pieces = givesPieces ? scattered(packets, rows, first, wanted) : undefined
    const answer = pieces && read.pieces?.(pieces)
    if (pieces && !answer) givesPieces = false
    let cost: number
    let range: Promise<FrameRange>
    let memory: ArrayBuffer | undefined
    if (answer) {
      next = first + pieces.length
      cost = PIECES_COST
      range = answer.then((those) => rangeOfPieces(packets, rows, first, pieces, those))
    } else {
      const { last, begin, end } = batchAt(packets, rows, first)
      next = last
      cost = end - begin
      if (spare && cost > GAP_BYTES && cost <= BATCH_BYTES) memory = spare.pop() ?? new ArrayBuffer(BATCH_BYTES)
      range = read(begin, cost, memory).then((bytes) => rangeAround(packets, rows, first, last, begin, bytes))
    }
    // Who does not wait for it any more does not care how it ended.
    range.catch(() => undefined)
    underWay.push({ cost, range, ...(memory && { memory }) })
    reading += cost
  }
  while (next < rows.length || underWay.length > 0) {
    // Many at once rather than one for each that has come.
    if (underWay.length <= MOST_READS / 2)
      while (next < rows.length && underWay.length < MOST_READS && reading < ENOUGH_BYTES) start()
    const first = underWay.shift()
    if (!first) return
    const range = await first.range
    reading -= first.cost
    if ((await take(range)) === false) return
    if (first.memory && spare && spare.length < MOST_SPARE) spare.push(first.memory)
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
  return eachRange(packets, rows, read, ({ first, last, bytes, places, ends }) => {
    for (let n = first; n < last; n++) {
      if (take(rows[n], bytes.subarray(places[n - first], ends[n - first])) === false) return false
    }
    return true
  })
}

/** Searching costs as much as reading this share of what is searched, ... */
const SEARCH_SHARE = 0.125
/** ... and is not worth it for less. */
const SEARCH_SPAN = 1 << 18

/** Those of `rows` (ascending, at least one) whose frames may hold a needle; undefined where reading all of them takes no longer than to know. */
export async function rowsWithNeedles(
  packets: PacketTable,
  rows: Uint32Array,
  needles: readonly Needle[],
  read: ReadBytes,
): Promise<Uint32Array | undefined> {
  const [first] = rows
  const last = rows[rows.length - 1]
  const begin = offsetOf(packets, first)
  const end = endOf(packets, last)
  if (end - begin < SEARCH_SPAN || rows.length < (last - first) * SEARCH_SHARE) return undefined
  // Reading tells why, where that fails as well.
  const found = await read.search?.(needles, begin, end)?.catch(() => undefined)
  if (!found) return undefined
  const holding = new RowList()
  let next = 0
  for (const place of found.places) {
    next = firstPlace(next, rows.length, (i) => endOf(packets, rows[i]) > place)
    if (next === rows.length) break
    if (offsetOf(packets, rows[next]) <= place) holding.add(rows[next++])
  }
  next = Math.max(
    next,
    firstPlace(0, rows.length, (i) => endOf(packets, rows[i]) > found.to),
  )
  for (; next < rows.length; next++) holding.add(rows[next])
  return holding.view()
}

/** What is wanted of the rows from `first` on, if that is much less than what it lies in. */
function scattered(
  packets: PacketTable,
  rows: ArrayLike<number>,
  first: number,
  wanted: BytesWanted,
): readonly CapturePiece[] | undefined {
  const pieces: CapturePiece[] = []
  let end = 0
  let bytes = 0
  for (let n = first; n < rows.length && pieces.length < MOST_PIECES; n++) {
    const chunk = packets.chunk(rows[n])
    const i = rows[n] % CHUNK_ROWS
    const offset = chunk.offset[i]
    const length = wanted(chunk, i)
    if (offset < end || bytes + length > MOST_PIECE_BYTES) break
    pieces.push({ offset, length })
    end = offset + length
    bytes += length
  }
  const span = pieces.length > 1 ? end - pieces[0].offset : 0
  return span > PIECES_SPAN && bytes + pieces.length * PIECE_COST < span * PIECES_SHARE ? pieces : undefined
}

function rangeOfPieces(
  packets: PacketTable,
  rows: ArrayLike<number>,
  first: number,
  pieces: readonly CapturePiece[],
  { bytes, places, lengths }: PieceBytes,
): FrameRange {
  const last = first + pieces.length
  const ends = new Uint32Array(pieces.length)
  for (let n = first; n < last; n++) {
    const k = n - first
    const isThere = lengths[k] === pieces[k].length
    ends[k] = places[k] + (isThere ? packets.chunk(rows[n]).capturedLength[rows[n] % CHUNK_ROWS] : lengths[k])
  }
  return { first, last, bytes, places, ends }
}

function rangeAround(
  packets: PacketTable,
  rows: ArrayLike<number>,
  first: number,
  last: number,
  begin: number,
  bytes: Uint8Array,
): FrameRange {
  const places = new Uint32Array(last - first)
  const ends = new Uint32Array(last - first)
  for (let n = first; n < last; n++) {
    places[n - first] = Math.min(bytes.length, offsetOf(packets, rows[n]) - begin)
    ends[n - first] = Math.min(bytes.length, endOf(packets, rows[n]) - begin)
  }
  return { first, last, bytes, places, ends }
}

/** Neighbours from `first` on: the bytes [begin, end) of the capture. */
function batchAt(packets: PacketTable, rows: ArrayLike<number>, first: number) {
  const begin = offsetOf(packets, rows[first])
  let end = endOf(packets, rows[first])
  let last = first + 1
  for (; last < rows.length; last++) {
    const offset = offsetOf(packets, rows[last])
    const next = endOf(packets, rows[last])
    if (offset < begin || offset - end > GAP_BYTES || next - begin > BATCH_BYTES) break
    end = Math.max(end, next)
  }
  return { last, begin, end }
}

function offsetOf(packets: PacketTable, row: number): number {
  return packets.chunk(row).offset[row % CHUNK_ROWS]
}

function endOf(packets: PacketTable, row: number): number {
  const chunk = packets.chunk(row)
  return chunk.offset[row % CHUNK_ROWS] + chunk.capturedLength[row % CHUNK_ROWS]
}
