/** Numbers of VERDICTS (verdicts.ts), as in the packet table's `verdict` column. */
export const VERDICT = {
  none: 0,
  fast: 1,
  rto: 2,
  tlp: 3,
  syn: 4,
  synack: 5,
  retransmission: 6,
  copy: 7,
  reordered: 8,
} as const

/** What a verdict rests on; reasons.ts says each as a sentence. */
export const EVIDENCE = {
  none: 0,
  sameIpId: 1,
  sameTimestamp: 2,
  partOfSegment: 3,
  olderIpId: 4,
  olderTimestamp: 5,
  quickAfterHole: 6,
  sacked: 7,
  duplicateAcks: 8,
  partialAck: 9,
  timerAfterProbe: 10,
  timerInRecovery: 11,
  timerInLoss: 12,
  timerNotTail: 13,
  noSack: 14,
  tail: 15,
  handshake: 16,
  ipIdGap: 17,
  echoesFirstSyn: 18,
  noProbes: 19,
  sooner: 20,
  sameReset: 21,
  lateAnswer: 22,
} as const

/**
 * Whether the receiver had the bytes already. `acknowledged` = its ACK of them had passed here before they came again, `likely` = no answer
 * came, but ACKs are missing by their IP IDs and hardly any segment is, `open` = it was answered, and nothing tells to which transmission,
 * `arrived` = most likely, by duplicate ACKs without SACK, `early` = most likely, as it came before anybody could know of a loss,
 * `heeded` = most likely, as the other side did not repeat what only this acknowledged, `ended` = most likely, as it had acknowledged what was sent
 * along with it, and has no connection any more.
 */
export const NEED = {
  unknown: 0,
  needed: 1,
  spurious: 2,
  acknowledged: 3,
  likely: 4,
  open: 5,
  arrived: 6,
  early: 7,
  heeded: 8,
  ended: 9,
} as const
