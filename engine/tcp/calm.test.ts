import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Random } from '../../test/fuzz/random.ts'
import { tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'
import { LINK_TYPE } from '../decode/link-type.ts'
import { Ingest } from '../ingest.ts'

// Plain packets go the short way (kernel/tcp/calm.ts and calm-sender.ts), the same packets without their Ethernet headers the long one: what is said
// of them has to be the same.

const FOLDER = new URL('../../test/fixtures/captures/', import.meta.url)
const FILE_HEADER = 24
const RECORD_HEADER = 16
const ETHERNET = 14
const ETHERTYPE_IPV4 = 0x0800
/** LINKTYPE_RAW: frames begin with the IP header. */
const RAW = 101

interface Record {
  readonly bytes: Uint8Array
  /** On the wire. */
  readonly length: number
  readonly time: number
}

/** The IPv4 packets of a pcap file of Ethernet frames, which is little-endian; none of any other. */
function ipv4Records(file: Uint8Array): Record[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(20, true) !== LINK_TYPE.ethernet) return []
  const unit = view.getUint32(0, true) === 0xa1b23c4d ? 1 : 1000
  const records: Record[] = []
  for (let at = FILE_HEADER; at < file.length; at += RECORD_HEADER + view.getUint32(at + 8, true)) {
    const from = at + RECORD_HEADER
    const bytes = file.subarray(from, from + view.getUint32(at + 8, true))
    if (bytes.length < ETHERNET + 20 || view.getUint16(from + 12) !== ETHERTYPE_IPV4) continue
    const time =
      (view.getUint32(at, true) - view.getUint32(FILE_HEADER, true)) * 1e9 + view.getUint32(at + 4, true) * unit
    records.push({ bytes, length: view.getUint32(at + 12, true), time })
  }
  return records
}

/** What the kernel says of each packet, and of each repetition. */
function said(records: readonly Record[], linkType: number, skipped: number): unknown[] {
  const ingest = new Ingest(
    () => linkType,
    () => 0n,
  )
  for (const { bytes, length, time } of records) {
    ingest.frame(bytes, skipped, bytes.length - skipped, length - skipped, time, 0, 0)
  }
  return records.map((_, row) => {
    const { labels, acked, bytesInFlight, verdict, roundTrip } = ingest.packets.chunk(row)
    const entry = ingest.verdicts.find(row)
    const repetition =
      entry < 0
        ? []
        : [
            ingest.verdicts.isSpurious(entry),
            ingest.verdicts.original(entry),
            ingest.verdicts.cost(entry),
            ingest.verdicts.evidence(entry),
          ]
    return [labels[row], acked[row], bytesInFlight[row], verdict[row], roundTrip[row], ...repetition]
  })
}

/** What two hosts may send one another, and what a network may do to it: mostly the next payload and the next acknowledgment, else anything. */
function randomRecords(seed: number): Record[] {
  const random = new Random(seed)
  const [timestamps, sack, odd] = [!random.once(3), !random.once(3), 4 + random.below(40)]
  const isn = [random.word(), random.once(2) ? 0xffff_fff0 : random.word()]
  /** What each side sent last, has acknowledged, and its counters. */
  const next = [1, 1]
  const acked = [1, 1]
  const ids = [random.word() & 0xffff, random.once(2) ? 0xffff : 1]
  const records: Record[] = []
  let time = 0
  const send = (side: number, flags: number, from: number, length: number, extra: readonly number[] = []): void => {
    const step = random.once(odd) ? random.pick([0, 2, 3, 9, 70, -1, -3]) : 1
    ids[side] = (ids[side] + step) & 0xffff
    const now = Math.floor(time / 1e6) - (random.once(odd) ? random.below(300) : 0)
    const stamp = [1, 1, 8, 10, 0, 0, (now >> 8) & 0xff, now & 0xff, 0, 0, ((now - 5) >> 8) & 0xff, (now - 5) & 0xff]
    const { bytes, length: onWire } = tcpFrame({
      fromA: side === 0,
      flags,
      seq: (isn[side] + from) >>> 0,
      ack: (isn[1 - side] + acked[side]) >>> 0,
      window: random.once(odd) ? random.pick([0, 1, 100]) : 1000,
      payloadLength: length,
      options: [...(timestamps ? stamp : []), ...extra],
      ipId: random.once(odd) ? 0 : ids[side],
      ttl: random.once(odd * 4) ? 63 : 64,
    })
    records.push({ bytes, length: onWire, time })
    if (random.once(odd * 3)) records.push({ bytes, length: onWire, time: time + 1000 })
  }
  const offers = sack ? [4, 2, 1, 1] : []
  if (!random.once(4)) {
    send(0, FLAG.syn, 0, 0, offers)
    time += 1e6
    send(1, FLAG.syn | FLAG.ack, 0, 0, offers)
    time += random.pick([0, 2e6, 20e6])
    send(0, FLAG.ack, 1, 0)
  }
  for (let n = 0; n < 120; n++) {
    time += random.once(odd) ? random.pick([0, 250e6, 3e9]) : random.below(3e6)
    const side = random.below(2)
    const length = random.pick([1, 100, 100, 256, 1000, 1460, 4000])
    if (random.once(odd)) {
      const block = (isn[1 - side] + next[1 - side]) >>> 0
      const edges = [block - 100, block].flatMap((edge) => [24, 16, 8, 0].map((shift) => (edge >>> shift) & 0xff))
      const back = Math.max(1, next[side] - random.pick([1, 100, 356, 1460, 5000]))
      const what = random.below(7)
      if (what === 0) send(side, FLAG.ack, next[side], 0)
      else if (what === 1) send(side, FLAG.ack, back, length)
      else if (what === 2) send(side, FLAG.ack, next[side] - 1, random.below(2))
      else if (what === 3 && sack) send(side, FLAG.ack, next[side], 0, [1, 1, 5, 10, ...edges])
      else if (what === 4) next[side] += length
      else if (what === 5)
        acked[side] = random.pick([acked[side] + 50, next[1 - side] + 10, Math.max(1, acked[side] - 60)])
      else if (random.once(4)) send(side, random.pick([FLAG.fin | FLAG.ack, FLAG.rst, FLAG.syn]), next[side], 0)
    } else if (random.once(2)) {
      send(side, FLAG.ack | (random.once(2) ? FLAG.psh : 0), next[side], length)
      next[side] += length
    } else {
      acked[side] = next[1 - side]
      send(side, FLAG.ack, next[side], 0)
    }
  }
  return records
}

describe('the short way says what the long one does', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.pcap.gz'))) {
    const records = ipv4Records(gunzipSync(readFileSync(new URL(name, FOLDER))))
    it.skipIf(records.length === 0)(`of ${name}`, () => {
      expect(said(records, LINK_TYPE.ethernet, 0)).toEqual(said(records, RAW, ETHERNET))
    })
  }

  it('of random traffic', () => {
    for (let seed = 0; seed < 300; seed++) {
      const records = randomRecords(seed)
      const short = said(records, LINK_TYPE.ethernet, 0)
      expect(short, `seed ${seed}`).toEqual(said(records, RAW, ETHERNET))
    }
  })
})
