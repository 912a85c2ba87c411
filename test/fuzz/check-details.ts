import type { DetailNode } from '../../engine/engine.ts'
import { decodeFrame } from '../../engine/decode/decode.ts'
import { describePacket } from '../../engine/decode/details.ts'
import { infoText, protocolColumn } from '../../engine/decode/info.ts'
import { Packet } from '../../engine/decode/packet.ts'
import type { PacketContext } from '../../engine/decode/packet-context.ts'
import { applicationInfo } from '../../engine/query/application-info.ts'
import type { Frame } from './corpus.ts'
import { guarded, surrounded } from './guarded-frame.ts'

const CONTEXT: PacketContext = { number: 7, epochNs: 1_767_225_600_000_000_000n, time: 1234, carried: 'grpc' }

/** Throws when the words for a packet need bytes outside the frame, name such bytes, or come out as no words. */
export function checkDetails({ bytes: frame, length, linkType }: Frame): void {
  const tree = describePacket(guarded(frame, 0).bytes, frame.length, length, linkType, CONTEXT)
  for (const node of tree) sound(node, frame.length)
  const words = inWords(guarded(frame, 0).bytes, frame.length, length, linkType)
  const told = JSON.stringify([tree, words])
  if (/undefined|NaN|\[object/.test(told))
    throw new Error(`no words: ${/.{40}(undefined|NaN|\[object).{20}/.exec(told)?.[0]}`)
  for (const poison of [0x00, 0xff]) {
    const { bytes } = surrounded(frame, poison, 0)
    const other = describePacket(bytes, frame.length, length, linkType, CONTEXT)
    const found = JSON.stringify([other, inWords(bytes, frame.length, length, linkType)])
    if (found !== told) throw new Error(`what is around the frame changes its details:\n${told}\n${found}`)
  }
}

/** The columns of the list. */
function inWords(bytes: Uint8Array, captured: number, length: number, linkType: number): string[] {
  const packet = new Packet()
  decodeFrame(packet, bytes, 0, captured, length, linkType)
  const { protocol = '', info = '' } = applicationInfo(packet, CONTEXT) ?? {}
  return [protocolColumn(packet), infoText(packet, CONTEXT), protocol, info]
}

function sound({ from, to, text, children }: DetailNode, captured: number): void {
  if (!(from >= 0 && from <= to && to <= captured)) throw new Error(`"${text}" is at ${from} to ${to} of ${captured}`)
  for (const child of children) sound(child, captured)
}
