import { decodeFrame, decodingIn } from '../../engine/decode/decode.ts'
import { DECODE_ERROR, MAX_LAYERS, NETWORK, Packet } from '../../engine/decode/packet.ts'
import type { Frame } from './corpus.ts'
import { type PlacedFrame, surrounded } from './guarded-frame.ts'

const ERRORS = new Set<number>(Object.values(DECODE_ERROR))

/** Throws when the decoder reads outside the frame, is swayed by what is around it, or points outside it. */
export function checkFrame({ bytes: frame, length, linkType }: Frame): void {
  const inOther = decoded(surrounded(frame, 0xee), frame.length, length, linkType)
  const inZeros = decoded(surrounded(frame, 0x00), frame.length, length, linkType)
  const inOnes = decoded(surrounded(frame, 0xff), frame.length, length, linkType)
  sound(inOther)
  const expected = snapshot(inOther)
  for (const other of [inZeros, inOnes]) {
    const found = snapshot(other)
    if (found !== expected) throw new Error(`what is around the frame changes its decoding:\n${expected}\n${found}`)
  }
}

function decoded({ bytes, at }: PlacedFrame, captured: number, length: number, linkType: number): Packet {
  const packet = new Packet()
  decodingIn(bytes, () => decodeFrame(packet, bytes, at, captured, length, linkType))
  return packet
}

/** Everything the decoder found. */
function snapshot(packet: Packet): string {
  const { bytes: _, layers, layerAt, sack, ...rest } = packet
  const used = packet.layerCount
  return JSON.stringify([rest, [...layers.subarray(0, used)], [...layerAt.subarray(0, used)], [...sack]])
}

function sound(packet: Packet): void {
  const { start, end, layerCount, layerAt, sourceAt, destinationAt, network } = packet
  if (layerCount > MAX_LAYERS) throw new Error(`${layerCount} layers`)
  if (!ERRORS.has(packet.error)) throw new Error(`an unknown error: ${packet.error}`)
  for (let i = 0; i < layerCount; i++) {
    if (layerAt[i] < start || layerAt[i] > end) throw new Error(`layer ${i} at ${layerAt[i] - start} of ${end - start}`)
  }
  const size = network === NETWORK.ipv4 ? 4 : network === NETWORK.ipv6 ? 16 : 6
  for (const at of [sourceAt, destinationAt]) {
    if (at >= 0 && (at < start || at + size > end)) throw new Error(`an address at ${at - start} of ${end - start}`)
  }
  if (packet.payloadLength < 0) throw new Error(`a payload of ${packet.payloadLength}`)
  if (packet.sackBlocks > 4) throw new Error(`${packet.sackBlocks} SACK blocks`)
}
