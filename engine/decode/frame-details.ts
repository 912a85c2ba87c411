import type { DetailNode } from '../answers.ts'
import type { Packet } from './packet.ts'
import type { PacketContext } from './packet-context.ts'
import { PROTOCOLS } from './protocols.ts'

/** The first node of a packet's details: when and where it was captured, and how much of it. */
export function frameNode(packet: Packet, captured: number, length: number, context: PacketContext): DetailNode {
  const { epochNs, interfaceId, interfaceName, number, previousTime, time } = context
  const absolute = epochNs + BigInt(Math.round(time))
  const protocols = Array.from(packet.layers.subarray(0, packet.layerCount), (id) => PROTOCOLS[id]).join(':')
  const children: DetailNode[] = []
  const add = (field: string, text: string, value: string, tone?: 'warn') =>
    children.push({ field, text, value, from: 0, to: 0, children: [], ...(tone && { tone }) })

  if (interfaceId !== undefined) {
    const name = interfaceName === undefined ? '' : ` (${interfaceName})`
    add('frame.interface_id', `Interface id: ${interfaceId}${name}`, String(interfaceId))
  }
  if (interfaceName !== undefined) add('frame.interface_name', `Interface name: ${interfaceName}`, interfaceName)
  add('frame.time', `Arrival Time: ${arrivalText(absolute)}`, arrivalText(absolute))
  add('frame.time_epoch', `Epoch Time: ${secondsText(absolute)} seconds`, secondsText(absolute))
  if (previousTime !== undefined) {
    const delta = secondsText(BigInt(Math.round(time - previousTime)))
    add('frame.time_delta', `[Time delta from previous captured frame: ${delta} seconds]`, delta)
  }
  const relative = secondsText(BigInt(Math.round(time)))
  add('frame.time_relative', `[Time since first frame: ${relative} seconds]`, relative)
  add('frame.number', `Frame Number: ${number}`, String(number))
  add('frame.len', `Frame Length: ${length} bytes (${length * 8} bits)`, String(length))
  add(
    'frame.cap_len',
    `Capture Length: ${captured} bytes (${captured * 8} bits)` +
      (captured < length ? `; the snap length cut ${length - captured} bytes` : ''),
    String(captured),
    captured < length ? 'warn' : undefined,
  )
  add('frame.protocols', `[Protocols in frame: ${protocols}]`, protocols)

  const on = interfaceName === undefined ? '' : ` on interface ${interfaceName}`
  return {
    field: 'frame',
    text: `Frame ${number}: ${length} bytes on wire (${length * 8} bits), ${captured} bytes captured (${captured * 8} bits)${on}`,
    from: 0,
    to: captured,
    children,
  }
}

const NANOSECONDS = 1_000_000_000n

/** Nanoseconds as seconds with nine decimals; negative when a clock went backwards. */
function secondsText(ns: bigint): string {
  const positive = ns < 0n ? -ns : ns
  return `${ns < 0n ? '-' : ''}${positive / NANOSECONDS}.${String(positive % NANOSECONDS).padStart(9, '0')}`
}

/** 2026-11-20 09:52:17.863334596 UTC */
function arrivalText(ns: bigint): string {
  const seconds = ns / NANOSECONDS
  const date = new Date(Number(seconds) * 1000)
  // Years beyond what a Date can hold are from broken files.
  if (Number.isNaN(date.getTime())) return `${seconds} seconds after 1970`
  const fraction = String(((ns % NANOSECONDS) + NANOSECONDS) % NANOSECONDS).padStart(9, '0')
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}.${fraction} UTC`
}
