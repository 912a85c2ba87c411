/** Words of a conversation's record: what each packet needs of it. */
export const CONVERSATION = {
  addressA: 0,
  addressB: 1,
  ports: 2,
  /** Transport and network. */
  kind: 3,
  firstRow: 4,
  lastRow: 5,
  packets: 6,
  /** Of a record. */
  words: 8,
} as const
