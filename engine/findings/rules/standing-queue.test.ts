import { describe, expect, it } from 'vitest'
import { findInConnections, kindsOf, theFinding } from '../../../test/support/find-in.ts'
import { inOrder, type TimedLine } from '../../../test/support/tcp-scenario.ts'

// Round trips that grow with what the sender itself has in flight, and those that grow for other reasons.

const MSS = 1448
/** Of the way without any queue. */
const WAY_MS = 10

interface Way {
  /** How many segments may be in flight at a time (ms). */
  readonly window: (at: number) => number
  /** When the ACK of a segment comes that was sent at a time (ms), by when the one before came. */
  readonly answer: (at: number, before: number) => number
  readonly lasts: number
}

/** A bulk transfer over that way; its sender sends whenever it may. */
function transfer({ window, answer, lasts }: Way): string {
  const lines: TimedLine[] = [
    { at: -20, line: 'A>B S 0(0) <mss 1460>' },
    { at: -20 + WAY_MS, line: 'B>A SA 0(0) ack 1 <mss 1460> win 60000' },
    { at: -20 + WAY_MS, line: 'A>B A 1(0) ack 1' },
  ]
  const acks: number[] = []
  let sent = 0
  let answered = 0
  for (let at = 0; at < lasts; at += 0.5) {
    for (; answered < sent && acks[answered] <= at; answered++) {
      lines.push({ at: acks[answered], line: `B>A A 1(0) ack ${1 + MSS * (answered + 1)}` })
    }
    for (; sent - answered < window(at); sent++) {
      acks.push(answer(at, acks[sent - 1] ?? 0))
      lines.push({ at, line: `A>B A ${1 + MSS * sent}(${MSS}) ack 1` })
    }
  }
  return inOrder(lines)
}

/** 4 Mbit/s: a segment in 2.9 ms. */
const bottleneck = (at: number, before: number): number => Math.max(at + WAY_MS, before + 2.896)
/** Doubles every 50 ms, up to 60 segments. */
const growing = (at: number): number => Math.min(60, 2 ** (1 + at / 50))

describe('a queue that stands', () => {
  it('grows with what the sender has in flight', async () => {
    const text = transfer({ window: growing, answer: bottleneck, lasts: 2000 })
    const finding = theFinding(await findInConnections(text))
    expect(finding).toMatchObject({
      kind: 'standing-queue',
      client: { address: '10.0.0.1' },
      server: { address: '10.0.0.2' },
      count: 1,
    })
    // 60 segments of 2.9 ms each.
    expect(finding.title).toBe('Packets to 10.0.0.2 wait in a queue: 173 ms instead of 10 ms')
    expect(finding.sentence).toContain('about 4.0 Mbit/s')
    expect(finding.costMs).toBeGreaterThan(1500)
    expect(finding.costMs).toBeLessThan(2000)
    expect(finding.blamed).toContain('between this capture point and 10.0.0.2')
    expect(finding.evidence.map(({ role }) => role)).toEqual([
      expect.stringMatching(/^with .* in flight$/),
      expect.stringMatching(/^acknowledged after 1\d ms$/),
      'with 86,880 bytes in flight',
      'acknowledged after 174 ms',
    ])
  })

  it.each<readonly [string, Way]>([
    [
      'the way is as long with little in flight',
      { window: growing, answer: (at, before) => Math.max(at + 120, before + 2.896), lasts: 2000 },
    ],
    ['much is in flight on a wide way', { window: growing, answer: (at) => at + WAY_MS, lasts: 1000 }],
    ['the way grew longer', { window: () => 4, answer: (at) => at + (at < 500 ? WAY_MS : 120), lasts: 2000 }],
    [
      'others fill the queue, whatever this sender does',
      {
        window: (at) => 2 + (Math.floor(at / 40) % 4),
        answer: (at, before) => Math.max(before, at + (at < 500 ? WAY_MS : 150)),
        lasts: 2000,
      },
    ],
    ['it was there for a moment', { window: (at) => (at > 300 && at < 500 ? 60 : 3), answer: bottleneck, lasts: 2000 }],
    [
      'jitter was there all the time',
      { window: () => 8, answer: (at, before) => Math.max(before, at + WAY_MS + ((at * 7919) % 97)), lasts: 2000 },
    ],
    ['a few packets wait', { window: () => 1, answer: (at) => at + (at < 300 ? WAY_MS : 90), lasts: 1500 }],
  ])('is none where %s', async (_, way) => {
    expect(kindsOf(await findInConnections(transfer(way)))).not.toContain('standing-queue')
  })
})
