import type { Label } from '../tcp/labels.ts'
import type { Packet } from './packet.ts'
import type { TcpContext } from './packet-context.ts'
import { shownLabels } from './tcp-analysis-fields.ts'
import { flagNames } from './tcp-fields.ts'
import { TCP_OPTION } from './tcp-options.ts'

/** Wireshark's marks in front of the text; a duplicate ACK's has a number. */
const MARKS: Readonly<Record<Label, string>> = {
  retransmission: 'TCP Retransmission',
  fast_retransmission: 'TCP Fast Retransmission',
  spurious_retransmission: 'TCP Spurious Retransmission',
  out_of_order: 'TCP Out-Of-Order',
  lost_segment: 'TCP Previous segment not captured',
  ack_lost_segment: 'TCP ACKed unseen segment',
  duplicate_ack: 'TCP Dup ACK',
  keep_alive: 'TCP Keep-Alive',
  keep_alive_ack: 'TCP Keep-Alive ACK',
  window_full: 'TCP Window Full',
  zero_window: 'TCP ZeroWindow',
  zero_window_probe: 'TCP ZeroWindowProbe',
  zero_window_probe_ack: 'TCP ZeroWindowProbeAck',
  window_update: 'TCP Window Update',
  reused_ports: 'TCP Port numbers reused',
  partial_ack: 'TCP Partial ACK',
}

/** "[TCP Retransmission] 443 → 51234 [PSH, ACK] Seq=1 Ack=1 Win=65160 Len=517 TSval=… TSecr=…" */
export function tcpInfo(packet: Packet, context: TcpContext | undefined): string {
  const { ack, destinationPort, seq, sourcePort, tcpFlags, window } = packet
  let text = ''
  if (context) {
    for (const label of shownLabels(context.labels)) {
      const repeat = label === 'duplicate_ack' && context.duplicateAck
      text += repeat ? `[${MARKS[label]} ${repeat.frame}#${repeat.number}] ` : `[${MARKS[label]}] `
    }
  }
  const base = context?.sequenceBase
  text += `${sourcePort} → ${destinationPort} [${flagNames(tcpFlags) || '<None>'}] Seq=${relative(seq, base)}`
  if (tcpFlags & 0x10) text += ` Ack=${relative(ack, context?.acknowledgmentBase)}`
  text += ` Win=${context?.window ?? window}`
  if (packet.hasPayloadLength) text += ` Len=${packet.payloadLength}`
  return text + options(packet, context)
}

const relative = (number: number, base = 0): number => (number - base) >>> 0

/** In the order they have in the header. */
function options(packet: Packet, context: TcpContext | undefined): string {
  const { bytes, end } = packet
  const at = packet.payloadAt - packet.tcpHeaderLength
  const to = Math.min(packet.payloadAt, end)
  let text = ''
  for (let option = at + 20; option < to;) {
    const kind = bytes[option]
    if (kind === TCP_OPTION.end) break
    if (kind === TCP_OPTION.noOperation) {
      option++
      continue
    }
    if (option + 1 >= to) break
    const length = bytes[option + 1]
    if (length < 2 || option + length > to) break
    text += optionText(packet, kind, option, length, context)
    option += length
  }
  return text
}

function optionText(packet: Packet, kind: number, at: number, length: number, context: TcpContext | undefined): string {
  const { bytes } = packet
  if (kind === TCP_OPTION.mss && length === 4) return ` MSS=${(bytes[at + 2] << 8) | bytes[at + 3]}`
  if (kind === TCP_OPTION.windowScale && length === 3) return ` WS=${2 ** Math.min(bytes[at + 2], 14)}`
  if (kind === TCP_OPTION.sackPermitted) return ' SACK_PERM'
  if (kind === TCP_OPTION.timestamps && length === 10) return ` TSval=${u32(bytes, at + 2)} TSecr=${u32(bytes, at + 6)}`
  if (kind === TCP_OPTION.fastOpen) return length === 2 ? ' TFO=R' : ' TFO=C'
  if (kind !== TCP_OPTION.sack) return ''
  let text = ''
  for (let block = at + 2; block + 8 <= at + length; block += 8) {
    const left = relative(u32(bytes, block), context?.acknowledgmentBase)
    const right = relative(u32(bytes, block + 4), context?.acknowledgmentBase)
    text += ` SLE=${left} SRE=${right}`
  }
  return text
}

const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
