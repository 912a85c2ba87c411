import { describe, expect, it } from 'vitest'
import { tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { LABEL } from './labels.ts'
import { after } from './sequence.ts'

/** Adds a segment of a connection, which has its port at A, a microsecond after the one before, and returns its row. */
function add(capture: TestCapture, portA: number, fromA: boolean, seq: number, ack: number, payloadLength = 0): number {
  const row = capture.packets.rows
  const numbers = { seq: seq >>> 0, ack: ack >>> 0, payloadLength }
  const { bytes, length } = tcpFrame({
    fromA,
    portA,
    flags: FLAG.ack,
    ...numbers,
    window: 1000,
    options: [],
  })
  capture.add(BigInt(row) * 1000n, bytes, { length })
  return row
}

function atOrBefore(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0
}

/** What one end sends and the other acknowledges, as simply as possible: a list of segments, oldest first. */
class Model {
  segments: { row: number; seq: number; end: number }[] = []
  /** Behind the highest byte sent, and the row that sent it. */
  next: number
  nextRow = -1
  /** An ACK has come since the last hole, so that the bytes in flight are known. */
  hasAck = false
  readonly #base: number

  constructor(first: number) {
    this.next = first
    this.#base = (first - 1) | 0
  }

  send(row: number, seq: number, end: number): void {
    if (this.nextRow >= 0 && after(seq, this.next)) this.hasAck = false
    this.segments.push({ row, seq, end })
    if (this.nextRow >= 0 && !after(end, this.next)) return
    this.next = end
    this.nextRow = row
  }

  /** 1 + the row acknowledged, or 0, and whether only a part of it is. */
  acknowledge(ack: number): readonly [acked: number, partial: boolean] {
    this.hasAck = true
    let result: readonly [number, boolean] = [0, false]
    // Newest first, so that the oldest has the last word.
    for (const segment of this.segments.toReversed()) {
      if (segment.end === ack) result = [segment.row + 1, false]
      else if (after(ack, segment.seq) && atOrBefore(ack, segment.end)) {
        segment.seq = ack
        result = [segment.row + 1, true]
      }
    }
    this.segments = this.segments.filter(({ end }) => end !== ack && after(end, ack))
    return result
  }

  /** From the lowest to the highest byte that is not acknowledged; what is half the sequence space and more is taken for nonsense. */
  flight(): number {
    if (!this.hasAck) return 0
    const from = this.segments.map(({ seq }) => (seq - this.#base) >>> 0)
    const to = this.segments.map(({ end }) => (end - this.#base) >>> 0)
    const span = (Math.max(...to) - Math.min(...from)) >>> 0
    return span < 2e9 ? span : 0
  }

  /** The row that the time-out of a retransmission of `seq` counts from. */
  since(seq: number): number {
    return this.segments.find((segment) => atOrBefore(seq, segment.seq))?.row ?? this.nextRow
  }
}

/** Numbers in [0, n), the same for the same seed. */
function randomNumbers(seed: number) {
  let state = seed
  return (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) % n
  }
}

describe('unacknowledged segments', () => {
  it('are acknowledged, trimmed, measured and found as in a plain list, whatever the order, each connection for itself', () => {
    const capture = new TestCapture()
    const connections = Array.from({ length: 300 }, (_, number) => {
      const random = randomNumbers(number + 1)
      // Also across the end of the sequence space, and where relative numbers wrap.
      const first = ([0, -200, 0x7fff_ff00][number % 3] + random(100)) | 0
      return { portA: 1000 + number, random, model: new Model(first) }
    })
    const seen = { acked: 0, partial: 0, flight: 0, since: 0 }
    for (let round = 0; round < 120; round++) {
      for (const { portA, random, model } of connections) {
        if (round === 0 || random(3) > 0) {
          const back = round > 0 && random(4) === 0 ? random(120) - 10 : 0
          const seq = (model.next - back) | 0
          const length = 1 + random(40)
          const since = model.since(seq)
          const row = add(capture, portA, true, seq, 1, length)
          model.send(row, seq, (seq + length) | 0)
          const { bytesInFlight, labels } = capture.packets.chunk(row)
          expect(bytesInFlight[row]).toBe(model.flight())
          seen.flight += bytesInFlight[row] > 0 ? 1 : 0
          const repeats = LABEL.retransmission | LABEL.fast_retransmission | LABEL.spurious_retransmission
          const counts = (labels[row] & repeats) === LABEL.retransmission
          expect(capture.tcp.retransmissionSince(row)).toBe(counts ? since : undefined)
          seen.since += counts ? 1 : 0
        } else {
          // Now and then from the other side of the circle, where before and after change places.
          const ack = (model.next - random(150) + (random(12) === 0 ? 0x8000_0000 : 0)) | 0
          const row = add(capture, portA, false, 1, ack)
          const { acked, labels } = capture.packets.chunk(row)
          const partial = (labels[row] & LABEL.partial_ack) !== 0
          expect([acked[row], partial]).toEqual(model.acknowledge(ack))
          seen.acked += acked[row] > 0 ? 1 : 0
          seen.partial += partial ? 1 : 0
        }
      }
    }
    // All of it has happened, and often.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(1000)
  })

  it('are ten thousand a direction at most', () => {
    const capture = new TestCapture()
    const flight = (row: number) => capture.packets.chunk(row).bytesInFlight[row]
    add(capture, 1000, false, 1, 100)
    for (let n = 0; n < 9999; n++) add(capture, 1000, true, 100 + n * 10, 1, 10)
    expect(flight(add(capture, 1000, true, 100 + 99_990, 1, 10))).toBe(100_000)
    expect(flight(add(capture, 1000, true, 100 + 100_000, 1, 10))).toBe(100_000)
    add(capture, 1000, false, 1, 110)
    expect(flight(add(capture, 1000, true, 100 + 100_010, 1, 10))).toBe(100_010)
  })
})
