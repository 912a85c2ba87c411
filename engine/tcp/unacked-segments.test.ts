import { describe, expect, it } from 'vitest'
import { BASE_SEQ, Directions } from './directions.ts'
import { RecoveryTable } from './recovery-table.ts'
import { after, atOrBefore } from './sequence.ts'
import { MAX_UNACKED, UnackedSegments } from './unacked-segments.ts'

function make(base = 0) {
  const directions = new Directions()
  directions.words[BASE_SEQ] = base
  return new UnackedSegments(directions, new RecoveryTable())
}

/** The same, as simply as possible: a list of segments, oldest first. */
class Model {
  segments: { row: number; seq: number; end: number }[] = []
  readonly #base: number

  constructor(base: number) {
    this.#base = base
  }

  acknowledge(ack: number): readonly [acked: number, partial: boolean] {
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

  span(): number {
    const from = this.segments.map(({ seq }) => (seq - this.#base) >>> 0)
    const to = this.segments.map(({ end }) => (end - this.#base) >>> 0)
    return (Math.max(...to) - Math.min(...from)) >>> 0
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
  it('are dropped, trimmed and found as in a plain list, whatever the order', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomNumbers(seed)
      // Also across the end of the sequence space, and where relative numbers wrap.
      const base = [0, -200, 0x7fff_ff00][seed % 3]
      const unacked = make(base)
      const model = new Model(base)
      let next = (base + random(100)) | 0
      for (let row = 0; row < 120; row++) {
        if (random(3) > 0) {
          const back = random(4) === 0 ? random(120) - 10 : 0
          const seq = (next - back) | 0
          const end = (seq + 1 + random(40)) | 0
          unacked.add(0, row, seq, end)
          model.segments.push({ row, seq, end })
          if (after(end, next)) next = end
        } else {
          // Now and then from the other side of the circle, where before and after change places.
          const ack = (next - random(150) + (random(12) === 0 ? 0x8000_0000 : 0)) | 0
          unacked.acknowledge(0, ack)
          expect([unacked.acked, unacked.partial]).toEqual(model.acknowledge(ack))
        }
        expect(unacked.oldest(0)).toBe(model.segments.length > 0 ? model.segments[0].row + 1 : 0)
        if (model.segments.length > 0) expect(unacked.span(0)).toBe(model.span())
        const seq = (next - random(150)) | 0
        const from = model.segments.find((segment) => atOrBefore(seq, segment.seq))
        expect(unacked.oldestFrom(0, seq)).toBe(from ? from.row + 1 : 0)
        const holder = model.segments.some((one) => atOrBefore(one.seq, seq) && atOrBefore((seq + 5) | 0, one.end))
        expect(unacked.holds(0, seq, (seq + 5) | 0)).toBe(holder)
      }
    }
  })

  it('are ten thousand a direction at most', () => {
    const unacked = make()
    for (let row = 0; row < MAX_UNACKED; row++) {
      expect(unacked.isFull(0)).toBe(false)
      unacked.add(0, row, row * 10, row * 10 + 10)
    }
    expect(unacked.isFull(0)).toBe(true)
    unacked.acknowledge(0, 10)
    expect(unacked.isFull(0)).toBe(false)
  })

  it('of different directions do not touch each other, and give their room back', () => {
    const unacked = make()
    const other = 12
    for (let round = 0; round < 1000; round++) {
      unacked.add(0, 1, 100, 200)
      unacked.add(other, 2, 100, 300)
      unacked.acknowledge(0, 200)
      expect(unacked.acked).toBe(2)
      expect(unacked.span(other)).toBe(200)
      unacked.acknowledge(other, 300)
      expect(unacked.acked).toBe(3)
    }
  })
})
