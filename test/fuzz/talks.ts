import { APPLICATION_PROTOCOLS } from '../../engine/application/protocols.ts'
import type { Side } from '../../engine/application/stream-decoder.ts'
import { decodeFrame } from '../../engine/decode/decode.ts'
import { Packet, TRANSPORT } from '../../engine/decode/packet.ts'
import { CheckingSink } from './application-bytes.ts'
import { framesOf } from './corpus.ts'
import { joined, mutate } from './mutate.ts'
import type { Random } from './random.ts'

// Conversations of real clients and servers, in the order in which they were held, with damage: what decoders remember is wrong then.

const CAPTURES = /^(http2|grpc|redis|postgresql|mysql|handshakes)\./

interface Segment {
  readonly side: Side
  readonly bytes: Uint8Array
}

export interface Talk {
  readonly protocol: number
  readonly segments: readonly Segment[]
}

/** What was said in each connection of our captures of application protocols. */
export function realTalks(): Talk[] {
  const packet = new Packet()
  return framesOf(CAPTURES).flatMap((frames) => {
    const connections = new Map<string, Segment[]>()
    for (const { bytes, length, linkType } of frames) {
      decodeFrame(packet, bytes, 0, bytes.length, length, linkType)
      if (packet.transport !== TRANSPORT.tcp || packet.payloadLength === 0) continue
      const { sourcePort, destinationPort, payloadAt, payloadLength } = packet
      const side: Side = sourcePort > destinationPort ? 'client' : 'server'
      const ports = [sourcePort, destinationPort].sort((a, b) => a - b).join()
      const segments = connections.get(ports) ?? []
      segments.push({ side, bytes: bytes.slice(payloadAt, Math.min(bytes.length, payloadAt + payloadLength)) })
      connections.set(ports, segments)
    }
    return [...connections].flatMap(([ports, segments]) => {
      const protocol = protocolOf(segments, Number.parseInt(ports))
      return protocol < 0 ? [] : [{ protocol, segments }]
    })
  })
}

function protocolOf(segments: readonly Segment[], serverPort: number): number {
  for (const { side, bytes } of segments) {
    const first = { bytes, from: 0, to: bytes.length, side, serverPort }
    const found = APPLICATION_PROTOCOLS.findIndex(({ recognise }) => recognise(first) !== undefined)
    if (found >= 0) return found
  }
  return -1
}

/** A part of a talk, from anywhere in it, a few of its segments damaged, lost, repeated or said by someone else. */
export function damagedTalk(talks: readonly Talk[], random: Random): Talk {
  const { protocol, segments } = random.pick(talks)
  const from = random.once(2) ? 0 : random.below(segments.length)
  const part = segments.slice(from, from + 60).flatMap((segment): Segment[] => {
    if (!random.once(6)) return [segment]
    const { side, bytes } = segment
    switch (random.below(5)) {
      case 0:
        return []
      case 1:
        return [segment, segment]
      case 2:
        return [{ side: side === 'client' ? 'server' : 'client', bytes }]
      case 3:
        return [{ side, bytes: random.pick(random.pick(talks).segments).bytes }]
      default:
        return [{ side, bytes: mutate(random, bytes, random.pick(segments).bytes) }]
    }
  })
  return { protocol: random.once(20) ? random.below(APPLICATION_PROTOCOLS.length) : protocol, segments: part }
}

export function checkTalk({ protocol, segments }: Talk, random: Random): void {
  const sink = new CheckingSink()
  const subject = APPLICATION_PROTOCOLS[protocol].decoder(sink)
  let row = 0
  for (const { side, bytes } of segments) {
    let at = 0
    while (at < bytes.length) {
      if (subject.done === true) return
      sink.row = row
      const end = random.once(3) ? Math.min(bytes.length, at + 1 + random.below(40)) : bytes.length
      if (random.once(40)) subject.gap(side, random.once(3) ? NaN : end - at, row, row)
      else subject.data(side, bytes, at, end, row, row)
      at = end
      row++
    }
  }
  if (subject.done !== true) subject.end(random.once(2), sink.row, sink.row)
}

export const bytesOfTalk = ({ segments }: Talk): Uint8Array => joined(...segments.map(({ bytes }) => bytes))
