import { grown } from '../columns/conversation-table.ts'

/** What a segment really was; its number is the value in the packet table's `verdict` column. */
export const VERDICTS = ['', 'fast', 'rto', 'tlp', 'syn', 'synack', 'retransmission', 'copy', 'reordered'] as const
export type Verdict = Exclude<(typeof VERDICTS)[number], ''>
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

/** The segment was sent again, whatever for; not one captured twice, or late. */
export const isRepetition = (verdict: number): boolean => verdict >= VERDICT.fast && verdict <= VERDICT.retransmission

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
} as const

/**
 * Whether the receiver had the bytes already. `acknowledged` = its ACK of them had passed here before they came again, `likely` = no answer
 * came, but ACKs are missing by their IP IDs and hardly any segment is, `open` = it was answered, and nothing tells to which transmission.
 */
export const NEED = { unknown: 0, needed: 1, spurious: 2, acknowledged: 3, likely: 4, open: 5 } as const

const NONE = -1

/** The packets with a verdict, in file order; judge.ts enters them. What a packet was stays; whether it was needed may be known later. */
export class Verdicts {
  #count = 0
  #row = new Uint32Array(64)
  #verdict = new Uint8Array(64)
  #evidence = new Uint8Array(64)
  #need = new Uint8Array(64)
  /** 1 + the row of the earlier sighting, 0 = none here. */
  #original = new Uint32Array(64)
  #cost = new Float64Array(64)

  get count(): number {
    return this.#count
  }

  /** The entry of `row`, or -1. */
  find(row: number): number {
    let low = 0
    let high = this.#count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const at = this.#row[middle]
      if (at === row) return middle
      if (at < row) low = middle + 1
      else high = middle - 1
    }
    return NONE
  }

  row(entry: number): number {
    return this.#row[entry]
  }
  verdict(entry: number): number {
    return this.#verdict[entry]
  }
  evidence(entry: number): number {
    return this.#evidence[entry]
  }
  /** A value of NEED. */
  need(entry: number): number {
    return this.#need[entry]
  }
  setNeed(entry: number, need: number): void {
    this.#need[entry] = need
  }
  /** The receiver had the bytes already; undefined = cannot tell. */
  isSpurious(entry: number): boolean | undefined {
    const need = this.#need[entry]
    return need === NEED.unknown || need === NEED.open ? undefined : need !== NEED.needed
  }
  /** The bytes had been acknowledged, seen from here, before they came again. */
  wasAcknowledged(entry: number): boolean {
    return this.#need[entry] === NEED.acknowledged
  }
  /** Row of the earlier transmission seen here, undefined = none. */
  original(entry: number): number | undefined {
    const original = this.#original[entry]
    return original === 0 ? undefined : original - 1
  }
  /** Nanoseconds between the transmission before and this one, 0 where the one before was not seen. */
  cost(entry: number): number {
    return this.#cost[entry]
  }

  /** Appends the entry of `row` and returns it; `original` is a row or -1. Rows must ascend. */
  enter(row: number, verdict: number, evidence: number, original: number, cost: number): number {
    const entry = this.#count++
    if (entry === this.#row.length) this.#grow()
    this.#row[entry] = row
    this.#verdict[entry] = verdict
    this.#evidence[entry] = evidence
    this.#need[entry] = NEED.unknown
    this.#original[entry] = original === NONE ? 0 : original + 1
    this.#cost[entry] = cost
    return entry
  }

  #grow(): void {
    this.#row = grown(this.#row)
    this.#verdict = grown(this.#verdict)
    this.#evidence = grown(this.#evidence)
    this.#need = grown(this.#need)
    this.#original = grown(this.#original)
    this.#cost = grown(this.#cost)
  }
}
