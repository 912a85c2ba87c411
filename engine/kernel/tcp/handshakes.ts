import { EVIDENCE, NEED, VERDICT } from '../../tcp/verdict-codes.ts'
import { NONE, repetitionAt as at } from './repetition-table.ts'
import { Sender } from './sender-table.ts'
import * as verdicts from './verdicts.ts'

// What the first round trips of data tell of a handshake that was repeated. They are no shorter than the way there and back.

/** Of a round trip: what took longer than that did not answer within one. */
const SURELY_MORE: f64 = 1.33
/** A handshake may take so much longer than what follows, and more by half: entries are made, processes woken. */
const SLACK_NS: f64 = 5e6
const LONGER: f64 = 1.5
/** When the first timer repeats a SYN-ACK (RFC 6298 section 2.1; Linux's wheel of timers is late by a 32nd). */
const TIMER_FROM_NS: f64 = 0.95e9
const TIMER_TO_NS: f64 = 1.06e9

/** A segment of `d` was acknowledged, which was sent once. */
export function review(d: Sender, other: Sender): void {
  if (d.lastRepetition !== NONE) reviewEarly(d)
  if (other.lastRepetition !== NONE) reviewAnswer(d, other)
}

/** A SYN-ACK that came soon after another, as a second SYN had come, was needed all the same if the ACK comes too late to answer the one before. */
function reviewEarly(d: Sender): void {
  const repetition = at(d.lastRepetition)
  const entry = repetition.entry
  if (verdicts.need(entry) !== NEED.early) return
  const sinceBefore = repetition.answerTime - repetition.time + verdicts.cost(entry)
  if (sinceBefore > d.roundTrip * SURELY_MORE) verdicts.setNeed(entry, NEED.needed)
}

/**
 * A SYN-ACK that echoes the first of the SYNs of `d` was taken for an answer sent again. If it came neither a round trip after the last SYN nor
 * when a timer repeats the first answer, it is that one, and something was late.
 */
function reviewAnswer(d: Sender, other: Sender): void {
  const answer = at(other.lastRepetition)
  if (verdicts.evidence(answer.entry) !== EVIDENCE.echoesFirstSyn || d.lastRepetition === NONE) return
  const syn = at(d.lastRepetition)
  const since = answer.time - syn.time
  if (since < d.roundTrip * LONGER + SLACK_NS) return
  const timer = since + verdicts.cost(syn.entry) - d.roundTrip
  if (timer > TIMER_FROM_NS && timer < TIMER_TO_NS) return
  verdicts.revise(answer.entry, VERDICT.reordered, EVIDENCE.lateAnswer)
}
