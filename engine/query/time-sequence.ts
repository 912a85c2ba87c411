import type { SegmentKind, SequenceMark, TimeSequence, TimeSequenceRequest } from '../answers.ts'
import { CHUNK_ROWS, FLAG, type PacketChunk } from '../columns/packet-table.ts'
import { decodeFrame } from '../decode/decode.ts'
import { Packet } from '../decode/packet.ts'
import { LABEL } from '../tcp/labels.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import type { CaptureTables } from './capture-tables.ts'
import { eachFrame, type ReadBytes } from './frame-bytes.ts'
import { LineSampler, PixelCover, PointList, SpanList } from './time-sequence-sampling.ts'
import type { SequenceTrack } from './time-sequence-track.ts'
import { timestampRoundTrips } from './timestamp-round-trips.ts'

/** Packets looked into for SACK blocks; with more on screen a block would not be seen. */
const MOST_SACKS = 4000
/** Points of a decade that are told apart in the cloud of round-trip times. */
const RTT_STEPS = 60
/** Pixels a part of the throughput is wide. */
const BUCKET_PIXELS = 4
/** Room above and below what is shown, as a share of it. */
const MARGIN = 0.06

const KINDS: readonly SegmentKind[] = ['new', 'fast', 'rto', 'tlp', 'retransmission', 'copy', 'reordered', 'probe']
const MARKS: readonly SequenceMark[] = ['syn', 'fin', 'rst', 'zero-window']
const KIND = { new: 0, fast: 1, rto: 2, tlp: 3, retransmission: 4, copy: 5, reordered: 6, probe: 7 } as const
const MARK = { syn: 0, fin: 1, rst: 2, zeroWindow: 3 } as const
/** Numbers for PixelCover: segments have theirs, then come marks and blocks. */
const COVER = { marks: 8, sack: 12 } as const
const CLOUD = { acks: 0, timestamps: 1 } as const

const BY_VERDICT = new Uint8Array(VERDICT.reordered + 1)
BY_VERDICT[VERDICT.fast] = KIND.fast
BY_VERDICT[VERDICT.rto] = BY_VERDICT[VERDICT.syn] = BY_VERDICT[VERDICT.synack] = KIND.rto
BY_VERDICT[VERDICT.tlp] = KIND.tlp
BY_VERDICT[VERDICT.retransmission] = KIND.retransmission
BY_VERDICT[VERDICT.copy] = KIND.copy
BY_VERDICT[VERDICT.reordered] = KIND.reordered

/** What of the conversation is to be drawn, in one pass over its packets on screen. Throws what `read` throws. */
export async function timeSequence(
  tables: CaptureTables,
  track: SequenceTrack,
  request: TimeSequenceRequest,
  read: ReadBytes,
): Promise<TimeSequence> {
  const { from, to } = request
  const width = Math.max(1, Math.floor(request.width))
  const height = Math.max(1, Math.floor(request.height))
  const { packets, tcp } = tables
  const { rows, position, direction } = track
  const first = track.firstAt(tables, from)
  const { low, high } = fit(tables, track, request, first)
  const cover = new PixelCover({ from, to, low, high }, width, height)
  const clouds = new PixelCover({ from, to, low: 0, high: 12 * RTT_STEPS }, width, 12 * RTT_STEPS)
  const segments = new SpanList()
  const marks = new PointList()
  const rtt = new PointList()
  const acks = new LineSampler(from, to, width)
  const windows = new LineSampler(from, to, width)
  const inFlight = new LineSampler(from, to, width)
  const window = new LineSampler(from, to, width)
  const buckets = Math.max(1, Math.floor(width / BUCKET_PIXELS))
  const sent = new Float64Array(buckets)
  const acked = new Float64Array(buckets)
  const perBucket = (to - from) / buckets
  const sackRows: number[] = []
  let [firstShown, lastShown] = [rows.length, -1]
  let highest = Number.NaN

  // The lines come from somewhere: the last ACK before what is shown.
  for (let i = first - 1; i >= 0 && track.ordered; i--) {
    const chunk = packets.chunk(rows[i])
    const n = rows[i] % CHUNK_ROWS
    if (isOwn(chunk.flags[n], direction) || Number.isNaN(position[i]) || (chunk.flags[n] & FLAG.rst) !== 0) continue
    addAck(i, from - 1)
    break
  }

  for (let i = first; i < rows.length; i++) {
    const row = rows[i]
    const chunk = packets.chunk(row)
    const n = row % CHUNK_ROWS
    const time = chunk.time[n]
    if (time < from || Number.isNaN(position[i])) continue
    const flags = chunk.flags[n]
    if (time >= to) {
      if (isOwn(flags, direction) || (flags & FLAG.rst) !== 0) continue
      // And they go somewhere: to the first one after it.
      addAck(i, time)
      if (track.ordered) break
      continue
    }
    firstShown = Math.min(firstShown, i)
    lastShown = i
    const at = position[i]
    if ((flags & FLAG.rst) !== 0) {
      if (cover.paint(COVER.marks + MARK.rst, time, at, at)) marks.add(time, at, row, MARK.rst)
    } else if (isOwn(flags, direction)) {
      const length = chunk.payloadLength[n]
      if (length > 0) {
        const begin = (flags & FLAG.syn) === 0 ? at : at + 1
        const kind = segmentKind(chunk, n)
        if (cover.paint(kind, time, begin, begin + length)) segments.add(time, begin, begin + length, row, kind)
        sent[Math.min(buckets - 1, Math.floor((time - from) / perBucket))] += length
      }
      if ((flags & (FLAG.syn | FLAG.fin)) !== 0) {
        const mark = (flags & FLAG.syn) === 0 ? MARK.fin : MARK.syn
        const end = at + (mark === MARK.fin ? length : 0)
        if (cover.paint(COVER.marks + mark, time, end, end)) marks.add(time, end, row, mark)
      }
      if (chunk.bytesInFlight[n] > 0) inFlight.add(time, chunk.bytesInFlight[n], row)
    } else {
      addAck(i, time)
      if ((chunk.labels[n] & LABEL.zero_window) !== 0 && cover.paint(COVER.marks + MARK.zeroWindow, time, at, at)) {
        marks.add(time, at, row, MARK.zeroWindow)
      }
      const answered = chunk.acked[n]
      if (answered !== 0) addRtt(rtt, CLOUD.acks, time, time - packets.time(answered - 1), row)
      if (chunk.length[n] - chunk.payloadLength[n] > track.headers && (flags & FLAG.syn) === 0) sackRows.push(row)
    }
  }
  for (const line of [acks, windows, inFlight, window]) line.flush()

  const omitted = sackRows.length > MOST_SACKS
  const sacks = omitted ? new SpanList() : await sackBlocks(tables, track, sackRows, read, cover)
  const byTimestamps = new PointList()
  const halves = timestampRoundTrips(tables, rows.subarray(firstShown, lastShown + 1))
  // The client's bytes are answered by the server.
  const { time, value, row } = (request.side === 'client' ? halves.server : halves.client).prompt
  for (let n = 0; n < row.length; n++) addRtt(byTimestamps, CLOUD.timestamps, time[n], value[n], row[n])
  return {
    from,
    to,
    low,
    high,
    begin: rows.length > 0 ? packets.time(rows[0]) : 0,
    end: rows.length > 0 ? packets.time(rows[rows.length - 1]) : 0,
    segments: { ...segments.spans(), kind: segments.kinds(), kinds: KINDS },
    sacks: sacks.spans(),
    sacksOmitted: omitted ? sackRows.length : 0,
    marks: { ...marks.points(), kind: marks.kinds(), kinds: MARKS },
    acks: acks.points.points(),
    windows: windows.points.points(),
    windowsUnscaled: tcp.windowShift(request.conversation, 1 - direction) === undefined,
    rtt: rtt.points(),
    rttByTimestamps: byTimestamps.points(),
    inFlight: inFlight.points.points(),
    window: window.points.points(),
    sent,
    acked,
  }

  function addAck(i: number, time: number): void {
    const size = tcp.scaledWindow(rows[i])
    const at = position[i]
    acks.add(time, at, rows[i])
    windows.add(time, at + size, rows[i])
    window.add(time, size, rows[i])
    if (time >= from && time < to && at > highest) {
      acked[Math.min(buckets - 1, Math.floor((time - from) / perBucket))] += at - highest
    }
    if (!(at <= highest)) highest = at
  }

  function addRtt(cloud: PointList, number: number, time: number, value: number, row: number): void {
    const step = Math.max(0, Math.log10(Math.max(1, value)) * RTT_STEPS)
    if (value >= 0 && time >= from && time < to && clouds.paint(number, time, step, step)) cloud.add(time, value, row)
  }
}

function isOwn(flags: number, direction: number): boolean {
  return (flags & FLAG.reverse) === 0 ? direction === 0 : direction === 1
}

/** The verdict where there is one; else what the labels say. */
function segmentKind(chunk: PacketChunk, n: number): number {
  const labels = chunk.labels[n]
  if ((labels & (LABEL.keep_alive | LABEL.zero_window_probe)) !== 0) return KIND.probe
  const verdict = chunk.verdict[n]
  if (verdict !== VERDICT.none) return BY_VERDICT[verdict]
  if ((labels & LABEL.retransmission) !== 0) return KIND.retransmission
  return (labels & LABEL.out_of_order) === 0 ? KIND.new : KIND.reordered
}

/** The sequence numbers to show: those asked for, else all of the packets in the time, with a margin. */
function fit(
  { packets }: CaptureTables,
  { rows, position, direction, ordered }: SequenceTrack,
  request: TimeSequenceRequest,
  first: number,
): { readonly low: number; readonly high: number } {
  if (request.low !== undefined && request.high !== undefined && request.high > request.low) {
    return { low: request.low, high: request.high }
  }
  let low = Infinity
  let high = -Infinity
  for (let i = first; i < rows.length; i++) {
    const chunk = packets.chunk(rows[i])
    const n = rows[i] % CHUNK_ROWS
    if (chunk.time[n] >= request.to) {
      if (ordered) break
      continue
    }
    if (chunk.time[n] < request.from || Number.isNaN(position[i]) || (chunk.flags[n] & FLAG.rst) !== 0) continue
    const length = isOwn(chunk.flags[n], direction) ? chunk.payloadLength[n] : 0
    if (position[i] < low) low = position[i]
    if (position[i] + length > high) high = position[i] + length
  }
  if (low > high) low = high = 0
  const margin = Math.max(1, (high - low) * MARGIN)
  return { low: low - margin, high: high + margin }
}

/** The blocks that the other side's packets of `candidates` report, as far as they are on screen. */
async function sackBlocks(
  tables: CaptureTables,
  track: SequenceTrack,
  candidates: readonly number[],
  read: ReadBytes,
  cover: PixelCover,
): Promise<SpanList> {
  const blocks = new SpanList()
  const packet = new Packet()
  let i = 0
  await eachFrame(tables.packets, candidates, read, (row, frame) => {
    const chunk = tables.packets.chunk(row)
    const n = row % CHUNK_ROWS
    decodeFrame(packet, frame, 0, frame.length, chunk.length[n], tables.interfaces[chunk.interface[n]]?.linkType ?? -1)
    if (!packet.hasSack) return
    while (track.rows[i] < row) i++
    for (let block = 0; block < packet.sackBlocks; block++) {
      // Counted from the packet's own acknowledgment, which is near.
      const low = track.position[i] + ((packet.sack[block * 2] - chunk.ack[n]) | 0)
      const high = track.position[i] + ((packet.sack[block * 2 + 1] - chunk.ack[n]) | 0)
      if (high > low && cover.paint(COVER.sack, chunk.time[n], low, high)) blocks.add(chunk.time[n], low, high, row)
    }
  })
  return blocks
}
