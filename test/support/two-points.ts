import { PcapngWriter } from '../../engine/capture-file/pcapng-writer.ts'
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
