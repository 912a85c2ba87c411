import { CHUNK_BYTES, CHUNK_ROWS, COLUMN } from '../../columns/packet-columns.ts'
import { COUNT, TABLE } from '../../kernel-tables.ts'
import { allocate, doubleTable, newTable, tableBytes } from '../memory.ts'
import { counts } from './counts.ts'

// The rows of the capture: what PacketTable shows outside. Columns hold zeros until they are written.

/**
 * Whether all columns are kept. If not, the time is, which labels and verdicts are found by. The others stay zeros, whose memory is never touched.
 */
export let keepsAll: bool = true

export function keepAll(wanted: bool): void {
  keepsAll = wanted
}

const CHUNK_SHIFT: i32 = 16
const CHUNK_MASK: i32 = CHUNK_ROWS - 1

/** Addresses of the chunks. */
let chunks: usize = newTable(TABLE.chunks, 64 * 4)
/** The chunk of the row that is being written, and its place in there. */
let chunk: usize = 0
let index: i32 = 0

/** Begins the next row. */
export function beginRow(): void {
  const row = counts[COUNT.rows]
  index = row & CHUNK_MASK
  if (index === 0) nextChunk(row)
}

/** Makes the row that was begun part of the table. */
export function commitRow(): void {
  counts[COUNT.rows]++
}

function nextChunk(row: i32): void {
  const at = (row >>> CHUNK_SHIFT) * 4
  if (at === tableBytes(TABLE.chunks)) chunks = doubleTable(TABLE.chunks)
  chunk = allocate(CHUNK_BYTES)
  store<usize>(chunks + at, chunk)
}

/** Address of the chunk of the row. */
export function chunkOf(row: i32): usize {
  return load<usize>(chunks + ((<usize>(row >>> CHUNK_SHIFT)) << 2))
}

export function timeOf(row: i32): f64 {
  return load<f64>(chunkOf(row) + ((<usize>(row & CHUNK_MASK)) << 3), COLUMN.time)
}
export function labelsOf(row: i32): i32 {
  return load<u16>(chunkOf(row) + ((<usize>(row & CHUNK_MASK)) << 1), COLUMN.labels)
}
export function flagsOf(row: i32): i32 {
  return load<u16>(chunkOf(row) + ((<usize>(row & CHUNK_MASK)) << 1), COLUMN.flags)
}
/** 0 where it is the first, and where none is. */
export function interfaceOf(row: i32): i32 {
  return load<u16>(chunkOf(row) + ((<usize>(row & CHUNK_MASK)) << 1), COLUMN.interface_)
}
export function payloadLengthOf(row: i32): i32 {
  return load<i32>(chunkOf(row) + ((<usize>(row & CHUNK_MASK)) << 2), COLUMN.payloadLength)
}

// Of the row that is being written.
export function setOffset(value: f64): void {
  store<f64>(chunk + ((<usize>index) << 3), value, COLUMN.offset)
}
export function setTime(value: f64): void {
  store<f64>(chunk + ((<usize>index) << 3), value, COLUMN.time)
}
export function setCapturedLength(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.capturedLength)
}
export function setLength(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.length)
}
export function setConversation(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.conversation)
}
export function setSeq(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.seq)
}
export function setAck(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.ack)
}
export function setPayloadLength(value: i32): void {
  store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.payloadLength)
}
export function acked(): i32 {
  return load<i32>(chunk + ((<usize>index) << 2), COLUMN.acked)
}
export function setAcked(value: i32): void {
  if (keepsAll) store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.acked)
}
export function setBytesInFlight(value: i32): void {
  if (keepsAll) store<i32>(chunk + ((<usize>index) << 2), value, COLUMN.bytesInFlight)
}
export function setInterface(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.interface_)
}
export function setStack(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.stack)
}
export function setFlags(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.flags)
}
export function setWindow(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.window)
}
export function labels(): i32 {
  return load<u16>(chunk + ((<usize>index) << 1), COLUMN.labels)
}
export function setLabels(value: i32): void {
  if (keepsAll) store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.labels)
}
export function setVerdictOf(row: i32, value: i32): void {
  if (keepsAll) store<u8>(chunkOf(row) + <usize>(row & CHUNK_MASK), value, COLUMN.verdict)
}
export function setVerdict(value: i32): void {
  if (keepsAll) store<u8>(chunk + <usize>index, value, COLUMN.verdict)
}
export function setError(value: i32): void {
  store<u8>(chunk + <usize>index, value, COLUMN.error)
}
export function setHead(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.head)
}
export function setIpId(value: i32): void {
  store<u16>(chunk + ((<usize>index) << 1), value, COLUMN.ipId)
}
export function setRoundTrip(value: i32): void {
  store<u8>(chunk + <usize>index, value, COLUMN.roundTrip)
}
