import type { AddressNames, InterfaceOptions } from './capture-file/pcapng-writer.ts'
import { PcapWriter } from './capture-file/pcap-writer.ts'
import { PcapngWriter } from './capture-file/pcapng-writer.ts'
import { CHUNK_ROWS } from './columns/packet-table.ts'
import type { Engine } from './engine.ts'
import { NO_INTERFACE } from './ingest.ts'
import { eachFrame, type ReadBytes } from './query/frame-bytes.ts'
import { parseBytes, parseIpv4, parseIpv6 } from './query/filter-literal.ts'

const PIECE_ROWS = 4096

/**
 * The packets of `rows` (ascending) as a pcapng section, with the interfaces, names, comments and drop counts of the capture.
 * Rows that hold no packet are left out. Decryption secrets never are in it.
 */
export async function* exportPcapng(engine: Engine, rows: Uint32Array, read: ReadBytes): AsyncGenerator<Uint8Array> {
  const writer = new PcapngWriter({ comments: engine.facts().comments })
  for (const one of engine.interfaces) writer.interface(interfaceOptions(one))
  const names = addressNames(engine.names)
  if (names.length > 0) writer.names(names)
  const comments = engine.packetComments
  let last = 0
  for (let start = 0; start < rows.length; start += PIECE_ROWS) {
    await eachFrame(engine.packets, rows.subarray(start, start + PIECE_ROWS), read, (row, bytes) => {
      const chunk = engine.packets.chunk(row)
      const i = row % CHUNK_ROWS
      if (chunk.interface[i] === NO_INTERFACE) return
      last = chunk.time[i]
      const notes = comments.get(row)
      const options = { length: chunk.length[i], ...(notes && { comments: notes }) }
      writer.packet(chunk.interface[i], timeOf(engine, last), bytes, options)
    })
    yield writer.take()
  }
  for (const { id, statistics } of engine.interfaces) {
    if (statistics) writer.statistics(id, timeOf(engine, last), statistics)
  }
  yield writer.take()
}

/** What a classic pcap of these packets can't hold, in words; undefined if it can't be made at all, as link types are mixed. */
export function lostInPcap(engine: Engine): readonly string[] | undefined {
  const { interfaces, names, packetComments } = engine
  if (new Set(interfaces.map(({ linkType }) => linkType)).size > 1) return undefined
  const lost: string[] = []
  if (interfaces.length > 1) lost.push(`which of the ${interfaces.length} interfaces saw each packet`)
  if (engine.facts().comments.length + packetComments.size > 0) lost.push('comments')
  if (names.size > 0) lost.push(`${names.size} names of addresses`)
  if (interfaces.some(({ name, description, filter }) => name ?? description ?? filter)) lost.push('interface names')
  if (interfaces.some(({ statistics }) => statistics)) lost.push('drop counts')
  return lost
}

/** The packets of `rows` as a classic pcap with nanosecond times; only where lostInPcap says it can be made. */
export async function* exportPcap(engine: Engine, rows: Uint32Array, read: ReadBytes): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter({ linkType: engine.interfaces[0]?.linkType ?? 1 })
  for (let start = 0; start < rows.length; start += PIECE_ROWS) {
    await eachFrame(engine.packets, rows.subarray(start, start + PIECE_ROWS), read, (row, bytes) => {
      const chunk = engine.packets.chunk(row)
      const i = row % CHUNK_ROWS
      if (chunk.interface[i] !== NO_INTERFACE) writer.packet(timeOf(engine, chunk.time[i]), bytes, chunk.length[i])
    })
    yield writer.take()
  }
  yield writer.take()
}

function timeOf(engine: Engine, time: number): bigint {
  return (engine.epoch ?? 0n) + BigInt(Math.round(time))
}

function interfaceOptions(one: Engine['interfaces'][number]): InterfaceOptions {
  const { linkType, snapLength, name, description, filter, os, hardware, comments } = one
  return {
    linkType,
    snapLength,
    comments,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(filter !== undefined && { filter }),
    ...(os !== undefined && { os }),
    ...(hardware !== undefined && { hardware }),
  }
}

function addressNames(names: ReadonlyMap<string, ReadonlySet<string>>): AddressNames[] {
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
