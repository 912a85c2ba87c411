import { NETWORK } from '../../decode/packet-codes.ts'
import { TABLE } from '../../kernel-tables.ts'
import { VERDICT } from '../../tcp/verdict-codes.ts'
import { doubleTable, newTable, tableBytes } from '../memory.ts'
import { packet } from '../packet.ts'
import { Sender } from './sender-table.ts'
import * as verdicts from './verdicts.ts'

// What was sent again, of each direction a chain from the newest back. A repetition is named by where in the table it lies; 0 = none.

@unmanaged
export class Repetition {
  /** Its entry among the verdicts. */
  entry: i32
  seq: i32
  end: i32
  tsval: i32
  /** Timestamps since its sender's packet before, 0 = unknown. */
  ticks: i32
  /** Its acknowledgment field. */
  ack: i32
  /** The direction's repetition before. */
  before: i32
  ipId: i32
  /** 1 = it was acknowledged by an ACK that echoed an older timestamp. */
  older: u16
  /** 1 = the receiver has said that it arrived twice. */
  answered: u16
  /** The repetition before of a lone segment by the same host (hosts.ts). */
  loneBefore: i32
  time: f64
  /** When a mere ACK acknowledged it, 0 = none did. */
  answerTime: f64
}

export const NONE: i32 = 0
const REPETITION_BYTES: i32 = offsetof<Repetition>()
/** Repetitions looked at for one piece of evidence, from the newest back. */
export const LOOKED_AT: i32 = 32
/** Newer ones that are passed over for it, as they lie beyond what it is of: a window that is sent again. */
const PASSED_OVER: i32 = 1024

let repetitions: usize = newTable(TABLE.needs, REPETITION_BYTES * 64)
let capacity: i32 = REPETITION_BYTES * 64
let used: i32 = REPETITION_BYTES

export function repetitionAt(name: i32): Repetition {
  return changetype<Repetition>(repetitions + <usize>name)
}

/** Adds the packet just entered as `entry`, which takes the sequence numbers up to `end`. */
export function addRepetition(d: Sender, entry: i32, end: i32, time: f64): void {
  if (used === capacity) {
    repetitions = doubleTable(TABLE.needs)
    capacity = tableBytes(TABLE.needs)
  }
  const repetition = repetitionAt(used)
  repetition.entry = entry
  repetition.seq = packet.seq
  repetition.end = end
  repetition.tsval = packet.hasTimestamps !== 0 ? packet.tsval : 0
  repetition.ticks = packet.hasTimestamps !== 0 ? max(0, packet.tsval - d.lastTsval) : 0
  repetition.ack = packet.ack
  repetition.answered = 0
  repetition.before = d.lastRepetition
  repetition.ipId = packet.network === NETWORK.ipv4 ? packet.ipId : 0
  repetition.time = time
  repetition.answerTime = 0
  d.lastRepetition = used
  used += REPETITION_BYTES
}

/** The newest repetition that begins before `number`, and so may be answered by what is of nothing beyond. */
export function newestBefore(d: Sender, number: i32): i32 {
  let name = d.lastRepetition
  for (let n = 0; n < PASSED_OVER && name !== NONE && repetitionAt(name).seq - number >= 0; n++) {
    name = repetitionAt(name).before
  }
  return name
}

/** The repetition was sent by a timer: nothing had asked for it. */
export function isByTimer(repetition: Repetition): bool {
  const verdict = verdicts.verdict(repetition.entry)
  return verdict === VERDICT.rto || verdict === VERDICT.tlp
}
