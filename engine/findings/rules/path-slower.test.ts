import { describe, expect, it } from 'vitest'
import { type Connection, findInConnections, kindsOf, theFinding } from '../../../test/support/find-in.ts'
import { inOrder, type TimedLine } from '../../../test/support/tcp-scenario.ts'

// Ways that become longer at a moment and stay so, and what only looks like it.

interface Pings {
  /** The round trip (ms) of what is sent at a time (ms). */
  readonly way: (at: number) => number
  readonly bytes?: number
  /** How many segments at once. */
  readonly burst?: (at: number) => number
  readonly ttl?: (at: number) => number
  readonly lasts?: number
  /** The receiver answers with so much data. */
  readonly answer?: number
}

/** Segments every 50 ms, each acknowledged at once. */
function pings({ way, bytes = 1448, burst = () => 1, ttl = () => 62, lasts = 8000, answer = 0 }: Pings): string {
  const lines: TimedLine[] = [
    { at: 0, line: 'A>B S 0(0) <mss 1460>' },
    { at: 10, line: 'B>A SA 0(0) ack 1 <mss 1460> win 60000 ttl 62' },
    { at: 10, line: 'A>B A 1(0) ack 1' },
  ]
  let [sent, said] = [1, 1]
  for (let at = 50; at < lasts; at += 50) {
    for (let n = 0; n < burst(at); n++, sent += bytes) lines.push({ at, line: `A>B PA ${sent}(${bytes}) ack ${said}` })
    lines.push({ at: at + way(at), line: `B>A A ${said}(${answer}) ack ${sent} ttl ${ttl(at)}` })
    said += answer
  }
  return inOrder(lines)
}

const step = (at: number): number => (at < 4000 ? 10 : 25) + ((at / 50) % 3) * 0.3

describe('a way that becomes longer', () => {
  it('is told with the moment, and with the other route that shows in TTLs', async () => {
    const text = pings({ way: step, ttl: (at) => (at < 4000 ? 62 : 60) })
    const finding = theFinding(await findInConnections(text, { text, at: 0.01 }))
    expect(finding).toMatchObject({
      kind: 'path-slower',
      severity: 'low',
      count: 2,
      since: 4e9,
      client: { address: '10.0.0.1' },
      server: { address: '10.0.0.2' },
    })
    expect(finding.title).toBe('The way to 10.0.0.2 became longer: 25 ms instead of 10 ms')
    expect(finding.why).toContain('a TTL of 60 instead of 62: it takes another route')
    // 80 round trips of 15 ms more, in two connections.
    expect(finding.costMs).toBeCloseTo(2 * 80 * 15, -2)
  })

  it('may take as many hops as before', async () => {
    const finding = theFinding(await findInConnections(pings({ way: step })))
    expect(finding.why).toContain('as many hops as before (TTL 62)')
  })

  const CASES: readonly (readonly [string, readonly Connection[]])[] = [
    ['it is short again', [{ text: pings({ way: (at) => (at < 3000 || at > 5500 ? 10 : 25) }) }]],
    ['it is so at the very end', [{ text: pings({ way: (at) => (at < 7000 ? 10 : 25) }) }]],
    ['it grows slowly', [{ text: pings({ way: (at) => 10 + at / 400 }) }]],
    ['it varies all the time', [{ text: pings({ way: (at) => 10 + ((at * 7919) % 2300) / 100 }) }]],
    ['it becomes shorter', [{ text: pings({ way: (at) => (at < 4000 ? 25 : 10) }) }]],
    ['the step is small', [{ text: pings({ way: (at) => (at < 4000 ? 10 : 11.5) }) }]],
    ['more is in flight from then on', [{ text: pings({ way: step, burst: (at) => (at < 4000 ? 1 : 8) }) }]],
    [
      'another connection fills the way from then on',
      [
        { text: pings({ way: step }), at: 0 },
        { text: pings({ way: () => 25, burst: () => 6, lasts: 4000 }), at: 4 },
      ],
    ],
    [
      'another connection of the same two goes on as before',
      [
        { text: pings({ way: step }), at: 0 },
        { text: pings({ way: () => 10 }), at: 0 },
      ],
    ],
    [
      'ACKs of what is small are delayed from then on',
      [{ text: pings({ way: (at) => (at < 4000 ? 0.2 : 40.2), bytes: 100 }) }],
    ],
    ['a program begins to take longer for its answers', [{ text: pings({ way: step, answer: 50 }) }]],
    ['there are few round trips', [{ text: pings({ way: step, lasts: 4700 }) }]],
  ]
  it.each(CASES)('is none where %s', async (_, connections) => {
    expect(kindsOf(await findInConnections(...connections))).not.toContain('path-slower')
  })
})
