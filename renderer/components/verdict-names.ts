/** What a packet sent again really is, by its verdict, where its label does not say it. */
export const VERDICT_NAMES: Readonly<Record<string, string>> = {
  rto: 'RTO',
  tlp: 'Tail loss probe',
  syn: 'SYN again',
  synack: 'SYN, ACK again',
  copy: 'Captured twice',
  reordered: 'Reordered',
}
