/** Wireshark's `tcp.analysis.*` labels, a bit each in the packet table's `labels` column, in the order of `frames`' columns. */
export const LABEL = {
  /** Also set with fast and spurious ones, as Wireshark's field is. */
  retransmission: 1 << 0,
  fast_retransmission: 1 << 1,
  spurious_retransmission: 1 << 2,
  out_of_order: 1 << 3,
  lost_segment: 1 << 4,
  ack_lost_segment: 1 << 5,
  duplicate_ack: 1 << 6,
  keep_alive: 1 << 7,
  keep_alive_ack: 1 << 8,
  window_full: 1 << 9,
  zero_window: 1 << 10,
  zero_window_probe: 1 << 11,
  zero_window_probe_ack: 1 << 12,
  window_update: 1 << 13,
  reused_ports: 1 << 14,
  partial_ack: 1 << 15,
} as const

export type Label = keyof typeof LABEL

/** The labels in column order. */
export const LABELS = [
  'retransmission',
  'fast_retransmission',
  'spurious_retransmission',
  'out_of_order',
  'lost_segment',
  'ack_lost_segment',
  'duplicate_ack',
  'keep_alive',
  'keep_alive_ack',
  'window_full',
  'zero_window',
  'zero_window_probe',
  'zero_window_probe_ack',
  'window_update',
  'reused_ports',
] as const satisfies readonly Label[]

/** A count of zero for each label. */
export const NO_LABELS: Readonly<Record<Label, number>> = {
  retransmission: 0,
  fast_retransmission: 0,
  spurious_retransmission: 0,
  out_of_order: 0,
  lost_segment: 0,
  ack_lost_segment: 0,
  duplicate_ack: 0,
  keep_alive: 0,
  keep_alive_ack: 0,
  window_full: 0,
  zero_window: 0,
  zero_window_probe: 0,
  zero_window_probe_ack: 0,
  window_update: 0,
  reused_ports: 0,
  partial_ack: 0,
}
