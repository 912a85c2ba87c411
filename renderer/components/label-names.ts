import type { Label } from '../../engine/engine.ts'

/** Labels in Wireshark's words, short enough for a badge. */
export const LABEL_NAMES: Readonly<Record<Label, string>> = {
  retransmission: 'Retransmission',
  fast_retransmission: 'Fast retransmission',
  spurious_retransmission: 'Spurious retransmission',
  out_of_order: 'Out-of-order',
  lost_segment: 'Previous segment not captured',
  ack_lost_segment: 'ACKed unseen segment',
  duplicate_ack: 'Dup ACK',
  keep_alive: 'Keep-alive',
  keep_alive_ack: 'Keep-alive ACK',
  window_full: 'Window full',
  zero_window: 'Zero window',
  zero_window_probe: 'Zero window probe',
  zero_window_probe_ack: 'Zero window probe ACK',
  window_update: 'Window update',
  reused_ports: 'Port numbers reused',
  partial_ack: 'Partial ACK',
}

/** Which colour of tokens.css a label has. */
export const LABEL_TONES: Readonly<Record<Label, 'loss' | 'reorder' | 'zero-window' | 'note'>> = {
  retransmission: 'loss',
  fast_retransmission: 'loss',
  spurious_retransmission: 'loss',
  out_of_order: 'reorder',
  lost_segment: 'reorder',
  ack_lost_segment: 'reorder',
  duplicate_ack: 'note',
  keep_alive: 'note',
  keep_alive_ack: 'note',
  window_full: 'zero-window',
  zero_window: 'zero-window',
  zero_window_probe: 'zero-window',
  zero_window_probe_ack: 'zero-window',
  window_update: 'note',
  reused_ports: 'note',
  partial_ack: 'note',
}
