import type { Label } from '../tcp/labels.ts'
import { type FieldTable, none, uint } from './field-info.ts'
import type { FieldInfo } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import type { TcpContext } from './packet-context.ts'

const seconds = (description: string): FieldInfo => ({ type: 'double', description, unit: 'seconds' })

/** What each of Wireshark's labels says of the segment, as a sentence. */
const LABEL_TEXTS: Readonly<Record<Label, string>> = {
  retransmission: 'This frame is a (suspected) retransmission',
  fast_retransmission: 'This frame is a (suspected) fast retransmission',
  spurious_retransmission: 'This frame is a (suspected) spurious retransmission',
  out_of_order: 'This frame is a (suspected) out-of-order segment',
  lost_segment: 'Previous segment(s) not captured (common at capture start)',
  ack_lost_segment: "ACKed segment that wasn't captured (common at capture start)",
  duplicate_ack: 'Duplicate ACK',
  keep_alive: 'TCP keep-alive segment',
  keep_alive_ack: 'ACK to a TCP keep-alive segment',
  window_full: 'The transmission window is now completely full',
  zero_window: 'TCP Zero Window segment',
  zero_window_probe: 'TCP Zero Window Probe',
  zero_window_probe_ack: 'ACK to a TCP Zero Window Probe',
  window_update: 'TCP window update',
  reused_ports: 'A new TCP session is started with the same ports as an earlier session',
  partial_ack: 'Partial acknowledgement of a segment',
}

export const TCP_ANALYSIS_FIELDS = {
  'tcp.analysis': none('SEQ/ACK analysis'),
  'tcp.analysis.acks_frame': uint('This is an ACK to the segment in frame'),
  'tcp.analysis.ack_rtt': seconds('The RTT to ACK the segment was'),
  'tcp.analysis.initial_rtt': seconds('iRTT'),
  'tcp.analysis.bytes_in_flight': uint('Bytes in flight'),
  'tcp.analysis.flags': none('TCP Analysis Flags'),
  'tcp.analysis.duplicate_ack_num': uint('Duplicate ACK #'),
  'tcp.analysis.duplicate_ack_frame': uint('Duplicate to the ACK in frame'),
  ...Object.fromEntries(Object.entries(LABEL_TEXTS).map(([label, text]) => [`tcp.analysis.${label}`, none(text)])),
} satisfies FieldTable

/** The more precise of two labels that come together stands alone, as in Wireshark's own text. */
export function shownLabels(labels: readonly Label[]): readonly Label[] {
  const precise = labels.includes('fast_retransmission') || labels.includes('spurious_retransmission')
  return precise ? labels.filter((label) => label !== 'retransmission') : labels
}

export function writeTcpAnalysis(out: FieldWriter, at: number, context: TcpContext): void {
  const { acked, bytesInFlight, duplicateAck, initialRttNs, labels } = context
  if (!acked && !bytesInFlight && labels.length === 0) return
  out.value('tcp.analysis', true, at, at, '[SEQ/ACK analysis]')
  out.down()
  if (acked) {
    out.value(
      'tcp.analysis.acks_frame',
      acked.frame,
      at,
      at,
      `[This is an ACK to the segment in frame: ${acked.frame}]`,
    )
    if (acked.rttNs > 0) {
      const rtt = acked.rttNs / 1e9
      out.value('tcp.analysis.ack_rtt', rtt, at, at, `[The RTT to ACK the segment was: ${secondsText(rtt)}]`)
    }
  }
  if (initialRttNs) {
    out.value('tcp.analysis.initial_rtt', initialRttNs / 1e9, at, at, `[iRTT: ${secondsText(initialRttNs / 1e9)}]`)
  }
  if (bytesInFlight) {
    out.value('tcp.analysis.bytes_in_flight', bytesInFlight, at, at, `[Bytes in flight: ${bytesInFlight}]`)
  }
  if (labels.length > 0) {
    out.value('tcp.analysis.flags', true, at, at, '[TCP Analysis Flags]')
    out.down()
    for (const label of shownLabels(labels)) out.note(LABEL_TEXTS[label], at, at, tone(label))
    out.up()
  }
  if (duplicateAck) {
    const { frame, number } = duplicateAck
    out.value('tcp.analysis.duplicate_ack_num', number, at, at, `[Duplicate ACK #: ${number}]`)
    out.value('tcp.analysis.duplicate_ack_frame', frame, at, at, `[Duplicate to the ACK in frame: ${frame}]`)
  }
  out.up()
}

const NOTES: ReadonlySet<Label> = new Set(['window_update', 'keep_alive', 'keep_alive_ack', 'partial_ack'])
const tone = (label: Label): 'warn' | 'note' => (NOTES.has(label) ? 'note' : 'warn')

const secondsText = (seconds: number): string => `${seconds.toFixed(9)} seconds`
