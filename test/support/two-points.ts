import { PcapngWriter } from '../../engine/capture-file/pcapng-writer.ts'
import { ethernet, ipv4, text, udp } from '../../engine/query/testing/frames.ts'
import { tcpFrame } from './tcp-frame.ts'

const START = 1_800_000_000_000_000_000n
const [SYN, ACK, PSH] = [0x02, 0x10, 0x08]

/** What two points see, a millisecond apart: a request that the second one sees only when it is sent again. `ahead`: its clock, in milliseconds. */
export function seenAtTwoPoints(ahead = 0) {
  const packets = [
    { at: 0, fromA: true, flags: SYN, seq: 100, ack: 0, payloadLength: 0 },
    { at: 5, fromA: false, flags: SYN | ACK, seq: 900, ack: 101, payloadLength: 0 },
    { at: 10, fromA: true, flags: ACK | PSH, seq: 101, ack: 901, payloadLength: 300, dies: true },
    { at: 220, fromA: true, flags: ACK | PSH, seq: 101, ack: 901, payloadLength: 300 },
    { at: 230, fromA: false, flags: ACK | PSH, seq: 901, ack: 401, payloadLength: 20 },
  ]
  const frames = packets.map((packet, i) => tcpFrame({ ...packet, ipId: i + 1, window: 500, options: [] }))
  const at = (ms: number) => START + BigInt(ms * 1e6)
  const near = packets.map(({ at: ms, fromA }, i) => ({ time: at(fromA ? ms : ms + 1), ...frames[i] }))
  const far = packets.flatMap(({ at: ms, fromA, dies }, i) =>
    dies ? [] : [{ time: at((fromA ? ms + 1 : ms) + ahead), ...frames[i] }],
  )
  return { near, far }
}

export interface LookupMessage {
  /** Milliseconds. */
  readonly at: number
  /** Its port is 40,000 more. */
  readonly lookup: number
  readonly name: string
  readonly back?: boolean
  /** Between the two points. */
  readonly dies?: boolean
  readonly type?: number
}

const LOOKUPS: readonly LookupMessage[] = [
  { at: 1100, lookup: 20, name: 'lost.shop', dies: true },
  { at: 6100, lookup: 20, name: 'lost.shop' },
  { at: 6104, lookup: 20, name: 'lost.shop', back: true },
  { at: 1200, lookup: 21, name: 'silent.shop' },
]

/**
 * What a pod and its node see, a millisecond apart: twenty lookups that are answered, and others. Without these: one of which the query dies between the
 * two and is sent again after 5 s, and one that nobody answers.
 */
export function lookupsAtTwoPoints(others: readonly LookupMessage[] = LOOKUPS) {
  const answered = Array.from({ length: 20 }, (_, i): LookupMessage[] => [
    { at: 500 * i, lookup: i, name: 'api.shop' },
    { at: 500 * i + 4, lookup: i, name: 'api.shop', back: true },
  ]).flat()
  const pod: Sighting[] = []
  const node: Sighting[] = []
  for (const { at, lookup, name, back = false, dies = false, type = 1 } of [...answered, ...others]) {
    const ends = ['10.0.0.1', '10.0.0.2']
    const ports = [40_000 + lookup, 53]
    const [source, destination] = back ? ends.toReversed() : ends
    const [from, to] = back ? ports.toReversed() : ports
    const message = udp(from, to, dnsMessage(lookup + 100 * type, name, type, back))
    const bytes = ethernet(0x800, ipv4({ source, destination, protocol: 17 }, message))
    const seen = (ms: number) => ({ time: START + BigInt(ms * 1e6), bytes, length: bytes.length })
    const [near, far] = back ? [node, pod] : [pod, node]
    near.push(seen(at))
    if (!dies) far.push(seen(at + 1))
  }
  return { pod, node }
}

function dnsMessage(id: number, name: string, type: number, answer: boolean): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...text(label)])
  const question = [...labels, 0, 0, type, 0, 1]
  const address = [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 9]
  const head = [id >> 8, id & 0xff, answer ? 0x81 : 1, answer ? 0x80 : 0, 0, 1, 0, answer ? 1 : 0, 0, 0, 0, 0]
  return Uint8Array.from([...head, ...question, ...(answer ? address : [])])
}

export type Sighting = ReturnType<typeof seenAtTwoPoints>['near'][number]

/** A pcapng file with an interface for each point, by its name. */
export function captureOf(points: Readonly<Record<string, readonly Sighting[]>>): Uint8Array {
  const writer = new PcapngWriter()
  writer.names([{ address: Uint8Array.of(10, 0, 0, 2), names: ['db.shop'] }])
  const all = Object.entries(points).flatMap(([name, sightings]) => {
    const id = writer.interface({ linkType: 1, name })
    return sightings.map((sighting) => ({ id, ...sighting }))
  })
  all.sort((a, b) => Number(a.time - b.time))
  for (const { id, time, bytes, length } of all) writer.packet(id, time, bytes, { length })
  return writer.take()
}
