import type { CaptureInterface } from '../common/model/capture.ts'
import type { AddressNames, InterfaceOptions } from './capture-file/pcapng-writer.ts'
import { PcapWriter } from './capture-file/pcap-writer.ts'
import { PcapngWriter } from './capture-file/pcapng-writer.ts'
import { CHUNK_ROWS } from './columns/packet-table.ts'
import type { Engine } from './engine.ts'
import { countOf } from './findings/words.ts'
import { NO_INTERFACE } from './columns/packet-columns.ts'
import { noteComments } from './notes.ts'
import type { Redaction } from './redact.ts'
import { eachFrame, type ReadBytes } from './query/frame-bytes.ts'
import { parseBytes, parseIpv4, parseIpv6 } from './query/filter/filter-literal.ts'

const PIECE_ROWS = 4096

/** The capture no longer has the bytes that were read from it. */
export class CaptureChanged extends Error {}

/**
 * The packets of `rows` (ascending) as a pcapng section, with the interfaces, names, comments and drop counts of the capture.
 * The engine's notes become comments, unless the packet has the same already, or stand in the place of those that they replace. Rows that hold no packet are left out. Decryption secrets never are in it.
 * What `redaction` takes out is not written; a comment says so. Throws CaptureChanged, and what `read` throws.
 */
export async function* exportPcapng(
  engine: Engine,
  rows: Uint32Array,
  read: ReadBytes,
  redaction?: Redaction,
): AsyncGenerator<Uint8Array> {
  const named = !redaction?.dropsNames
  const said = named ? noteComments(engine) : undefined
  const onCapture = withoutSecrets(said?.section ?? [])
  const writer = new PcapngWriter({ comments: [...(redaction ? [redaction.intent] : []), ...onCapture] })
  for (const one of engine.interfaces) writer.interface(named ? interfaceOptions(one) : namelessInterface(one))
  const names = named ? addressNames(engine.names) : []
  if (names.length > 0) writer.names(names)
  for (let start = 0; start < rows.length; start += PIECE_ROWS) {
    await eachPacket(engine, rows.subarray(start, start + PIECE_ROWS), read, (row, bytes) => {
      const chunk = engine.packets.chunk(row)
      const i = row % CHUNK_ROWS
      const onPacket = said?.onPacket(row) ?? []
      const options = {
        length: chunk.length[i],
        ...(onPacket.length > 0 && { comments: withoutSecrets(onPacket) }),
      }
      const kept = redacted(engine, redaction, chunk.interface[i], bytes, chunk.length[i])
      writer.packet(chunk.interface[i], timeOf(engine, chunk.time[i]), kept, options)
    })
    yield writer.take()
  }
  // The counts are those of the whole capture, whatever was selected of it.
  const end = timeOf(engine, engine.facts().lastTime)
  for (const { id, statistics, remarks = [] } of engine.interfaces) {
    for (const { time, text } of named ? remarks : []) {
      const [comment] = withoutSecrets([text])
      if (comment !== undefined) writer.statistics(id, timeOf(engine, time), {}, comment)
    }
    if (statistics) writer.statistics(id, end, statistics)
  }
  yield writer.take()
}

/** The labels of the TLS key log format (draft-ietf-tls-keylogfile), whose lines some programs keep in comments. */
const KEY_LOG_LINE =
  /^\s*(?:(?:RSA|CLIENT_RANDOM|[A-Z_]{0,30}(?:TRAFFIC|EXPORTER|MASTER|ECH)[A-Z_]{0,10}SECRET(?:_\d+)?|ECH_CONFIG)\s+[0-9a-f]+\s+[0-9a-f]+|RSA\s+Session-ID:.*)\s*$/i

/** Each comment once, without lines that would decrypt the capture, and not at all if it held nothing else. */
function withoutSecrets(comments: readonly string[]): string[] {
  const kept = comments.map((comment) => {
    const lines = comment.split(/\r?\n/)
    const harmless = lines.filter((line) => !KEY_LOG_LINE.test(line))
    return harmless.length === lines.length ? comment : harmless.join('\n')
  })
  return [...new Set(kept)].filter((comment) => comment !== '')
}

/** What a classic pcap of these packets can't hold, in words; undefined if it can't be made at all, as link types are mixed. */
export function lostInPcap(engine: Engine, rows: Uint32Array, redaction?: Redaction): readonly string[] | undefined {
  const used = usedInterfaces(engine, rows)
  if (new Set(used.map(({ linkType }) => linkType)).size > 1) return undefined
  const lost: string[] = []
  if (used.length > 1) lost.push(`which of ${used.length} interfaces saw a packet`)
  const named = !redaction?.dropsNames
  if (named && hasComments(engine, rows)) lost.push('comments')
  const { length: notes } = engine.notes.own()
  if (named && notes > 0) lost.push(countOf(notes, 'note'))
  if (named && engine.names.size > 0) lost.push('names of addresses')
  if (named && used.some(({ name, description, filter }) => name ?? description ?? filter))
    lost.push('what interfaces are called')
  if (used.some(({ statistics }) => statistics)) lost.push('how many packets were dropped')
  return lost
}

/** The packets of `rows` as a classic pcap with nanosecond times; only where lostInPcap says it can be made. Throws as exportPcapng. */
export async function* exportPcap(
  engine: Engine,
  rows: Uint32Array,
  read: ReadBytes,
  redaction?: Redaction,
): AsyncGenerator<Uint8Array> {
  const [first = engine.interfaces[0]] = usedInterfaces(engine, rows)
  const writer = new PcapWriter({ linkType: first?.linkType ?? 1 })
  for (let start = 0; start < rows.length; start += PIECE_ROWS) {
    await eachPacket(engine, rows.subarray(start, start + PIECE_ROWS), read, (row, bytes) => {
      const chunk = engine.packets.chunk(row)
      const i = row % CHUNK_ROWS
      const kept = redacted(engine, redaction, chunk.interface[i], bytes, chunk.length[i])
      writer.packet(timeOf(engine, chunk.time[i]), kept, chunk.length[i])
    })
    yield writer.take()
  }
  yield writer.take()
}

function redacted(
  { interfaces }: Engine,
  redaction: Redaction | undefined,
  interfaceId: number,
  bytes: Uint8Array,
  length: number,
): Uint8Array {
  return redaction ? redaction.frame(bytes, length, interfaces[interfaceId].linkType) : bytes
}

/** The rows that hold a packet, with all bytes that were captured of it. */
async function eachPacket(
  { packets }: Engine,
  rows: Uint32Array,
  read: ReadBytes,
  take: (row: number, bytes: Uint8Array) => void,
): Promise<void> {
  await eachFrame(packets, rows, read, (row, bytes) => {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.interface[i] === NO_INTERFACE) return
    if (bytes.length !== chunk.capturedLength[i]) {
      throw new CaptureChanged(`the capture has become shorter: packet ${packets.frame(row)} is no longer in it.`)
    }
    take(row, bytes)
  })
}

function usedInterfaces({ packets, interfaces }: Engine, rows: Uint32Array): readonly CaptureInterface[] {
  const used = new Uint8Array(interfaces.length)
  for (const row of rows) {
    const id = packets.chunk(row).interface[row % CHUNK_ROWS]
    if (id !== NO_INTERFACE) used[id] = 1
  }
  return interfaces.filter((_, id) => used[id] === 1)
}

/** Whether the file has any that are not replaced by notes. */
function hasComments({ notes: { replaced }, captureComments }: Engine, rows: Uint32Array): boolean {
  if (captureComments.some((comment) => !replaced.onCapture(comment))) return true
  return replaced.onPackets && rows.some((row) => replaced.left(row)?.some((comment) => comment !== ''))
}

function timeOf(engine: Engine, time: number): bigint {
  return (engine.epoch ?? 0n) + BigInt(Math.round(time))
}

/** How it is written again. */
export function interfaceOptions(one: CaptureInterface): InterfaceOptions {
  const { linkType, snapLength, name, description, filter, os, hardware, fcsLength, comments } = one
  return {
    linkType,
    snapLength,
    comments: withoutSecrets(comments),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(filter !== undefined && { filter }),
    ...(os !== undefined && { os }),
    ...(hardware !== undefined && { hardware }),
    ...(fcsLength !== undefined && { fcsLength }),
  }
}

/** What its packets can't be read without. */
function namelessInterface({ linkType, snapLength, fcsLength }: CaptureInterface): InterfaceOptions {
  return { linkType, snapLength, ...(fcsLength !== undefined && { fcsLength }) }
}

/** Those whose address can be read. */
export function addressNames(names: ReadonlyMap<string, ReadonlySet<string>>): AddressNames[] {
  const records: AddressNames[] = []
  for (const [text, known] of names) {
    const address = addressBytes(text)
    if (address) records.push({ address, names: [...known] })
  }
  return records
}

function addressBytes(text: string): Uint8Array | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return Uint8Array.of(ipv4 >>> 24, (ipv4 >>> 16) & 0xff, (ipv4 >>> 8) & 0xff, ipv4 & 0xff)
  const bytes = parseIpv6(text) ?? parseBytes(text)
  return bytes?.length === 16 || bytes?.length === 6 ? bytes : undefined
}
