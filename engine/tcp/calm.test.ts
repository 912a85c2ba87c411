import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
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

describe('the short way says what the long one does', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.pcap.gz'))) {
    const records = ipv4Records(gunzipSync(readFileSync(new URL(name, FOLDER))))
    it.skipIf(records.length === 0)(`of ${name}`, () => {
      expect(said(records, LINK_TYPE.ethernet, 0)).toEqual(said(records, RAW, ETHERNET))
    })
  }
})
