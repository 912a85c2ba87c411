import { TABLE } from '../../kernel-tables.ts'
import { NEED } from '../../tcp/verdict-codes.ts'
import { setVerdictOf } from '../columns/packet-columns.ts'
import { doubleTable, F64s, I32s, newTable, U8s } from '../memory.ts'

// The packets with a verdict, in file order; judge.ts enters them. What a packet was stays, but for lone
// segments of a host that turns out to send no probes (hosts.ts); whether it was needed may be known later. Outside,
// Verdicts shows them.

let capacity: i32 = 64
let rows = changetype<I32s>(newTable(TABLE.verdictRow, 64 * 4))
let verdicts = changetype<U8s>(newTable(TABLE.verdictVerdict, 64))
let evidences = changetype<U8s>(newTable(TABLE.verdictEvidence, 64))
let needs = changetype<U8s>(newTable(TABLE.verdictNeed, 64))
/** 1 + the row of the earlier sighting, 0 = none here. */
let originals = changetype<I32s>(newTable(TABLE.verdictOriginal, 64 * 4))
let costs = changetype<F64s>(newTable(TABLE.verdictCost, 64 * 8))
let conversations = changetype<I32s>(newTable(TABLE.verdictConversation, 64 * 4))
/** One word: how many there are. */
const counts = changetype<I32s>(newTable(TABLE.verdictCount, 4))

export function row(entry: i32): i32 {
  return rows[entry]
}
/** A value of VERDICT. */
export function verdict(entry: i32): i32 {
  return verdicts[entry]
}
export function conversation(entry: i32): i32 {
  return conversations[entry]
}
/** The row of the earlier sighting, -1 = none here. */
export function original(entry: i32): i32 {
  return originals[entry] - 1
}
export function count(): i32 {
  return counts[0]
}
/** A value of EVIDENCE. */
export function evidence(entry: i32): i32 {
  return evidences[entry]
}
/** A value of NEED. */
export function need(entry: i32): i32 {
  return needs[entry]
}
export function setNeed(entry: i32, need: i32): void {
  needs[entry] = need
}
/** The packet was something else than it seemed. */
export function revise(entry: i32, verdict: i32, evidence: i32): void {
  verdicts[entry] = verdict
  evidences[entry] = evidence
  setVerdictOf(rows[entry], verdict)
}
/** Nanoseconds between the transmission before and this one, 0 where the one before was not seen. */
export function cost(entry: i32): f64 {
  return costs[entry]
}
/** The receiver had the bytes already; false = it had not, or that can't be told. */
export function isSpurious(entry: i32): bool {
  const need = needs[entry]
  return need !== NEED.unknown && need !== NEED.open && need !== NEED.needed
}

/** Appends the entry of `row` and returns it; `original` is a row or -1. Rows must ascend. */
export function enter(row: i32, verdict: i32, evidence: i32, original: i32, cost: f64): i32 {
  const entry = counts[0]
  if (entry === capacity) grow()
  rows[entry] = row
  verdicts[entry] = verdict
  evidences[entry] = evidence
  needs[entry] = NEED.unknown
  originals[entry] = original + 1
  costs[entry] = cost
  counts[0] = entry + 1
  return entry
}

/** The newest is of a packet of that conversation. */
export function setConversation(conversation: i32): void {
  conversations[counts[0] - 1] = conversation
}

/** Takes back those of `row` and later. */
export function dropFrom(row: i32): void {
  while (counts[0] > 0 && rows[counts[0] - 1] >= row) counts[0]--
}

function grow(): void {
  rows = changetype<I32s>(doubleTable(TABLE.verdictRow))
  verdicts = changetype<U8s>(doubleTable(TABLE.verdictVerdict))
  evidences = changetype<U8s>(doubleTable(TABLE.verdictEvidence))
  needs = changetype<U8s>(doubleTable(TABLE.verdictNeed))
  originals = changetype<I32s>(doubleTable(TABLE.verdictOriginal))
  costs = changetype<F64s>(doubleTable(TABLE.verdictCost))
  conversations = changetype<I32s>(doubleTable(TABLE.verdictConversation))
  capacity *= 2
}
