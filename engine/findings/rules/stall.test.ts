import { describe, expect, it } from 'vitest'
import { type Connection, findInConnections, kindsOf, theFinding } from '../../../test/support/find-in.ts'
import { inOrder, type TimedLine } from '../../../test/support/tcp-scenario.ts'

// Addresses that stand still for all their connections at once, and what only looks so.

/** A question of 100 bytes, when the kernel acknowledged it (not before the answer without), and the answer of 50 bytes; milliseconds. */
interface Turn {
  readonly ask: number
  readonly ack?: number
  readonly answer: number
}

/** A connection with a round trip of 0.2 ms that was opened at 0; turns in their order. */
function connection(turns: readonly Turn[], others: readonly TimedLine[] = []): string {
  const events: TimedLine[] = [
    { at: 0, line: 'A>B S 0(0) <mss 1460>' },
    { at: 0.2, line: 'B>A SA 0(0) ack 1 <mss 1460>' },
    { at: 0.3, line: 'A>B A 1(0) ack 1' },
    ...others,
  ]
  turns.forEach(({ ask, ack, answer }, n) => {
    const [asked, said] = [1 + 100 * n, 1 + 50 * n]
    events.push({ at: ask, line: `A>B PA ${asked}(100) ack ${said}` })
    if (ack !== undefined) events.push({ at: ack, line: `B>A A ${said}(0) ack ${asked + 100}` })
    events.push({ at: answer, line: `B>A PA ${said}(50) ack ${asked + 100}` })
    events.push({ at: answer + 0.1, line: `A>B A ${asked + 100}(0) ack ${said + 50}` })
  })
  return inOrder(events)
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Questions that are answered after 2 ms each. */
const prompt = (from: number, count: number, every = 60): Turn[] =>
  numbers(count).map((n) => ({ ask: from + n * every, answer: from + n * every + 2 }))

/** `count` connections, each with prompt turns before and one that waits until `to`; the n-th is asked at `from + n * apart`. */
const stopped = (count: number, from: number, to: number, apart: number, acked = true): Connection[] =>
  numbers(count).map((n) => {
    const ask = from + n * apart
    const turn = { ask, answer: to + n * 0.2, ...(acked && { ack: ask + 0.2 }) }
    return { text: connection([...prompt(10 + n * 7, 5), turn, ...prompt(to + 50 + n * 7, 3)]), at: 0 }
  })

/** Every 100 ms for 80 ms nothing, as a container with a fifth of a processor: `times` times, with prompt answers in between. */
const throttled = (connections: number, times: number, period = 100): Connection[] =>
  numbers(connections).map((n) => ({
    text: connection(
      numbers(times).flatMap((k) => {
        const at = 1000 + k * period
        const [early, late] = [at + n, at + 25 + n * 2]
        return [
          { ask: early, answer: early + 1 },
          { ask: early + 4, answer: early + 5 },
          { ask: late, ack: late + 0.2, answer: at + 100 + n * 0.1 - 1 },
        ]
      }),
    ),
    at: 0,
  }))

/** Of the n-th consumer: what is published after 5 to 200 ms reaches all of them, and each asks again up to 3 ms later. */
function longPolls(n: number): Turn[] {
  let ask = 10 + n * 0.4
  let published = 10
  return numbers(100).map((k) => {
    published += 5 + ((k * 67) % 196)
    const turn = { ask, ack: ask + 0.2, answer: published + n * 0.03 }
    ask = turn.answer + 0.2 + ((k * 5 + n * 3) % 8) * 0.4
    return turn
  })
}

describe('a program that stops', () => {
  it('is told from a slow one: all that waited is answered together, and its kernel was awake', async () => {
    const report = await findInConnections(...stopped(6, 500, 640, 20))
    const finding = theFinding(report)
    expect(finding).toMatchObject({ kind: 'stall', count: 1, severity: 'low', server: { address: '10.0.0.2' } })
    expect(finding.title).toBe('10.0.0.2 stood still for 140 ms')
    // 140, 120, 100, 80, 60 and 40 ms.
    expect(finding.costMs).toBeCloseTo(540, 0)
    expect(finding.conversations).toHaveLength(6)
    expect(finding.sentence).toContain('Otherwise an answer takes 2.00 ms')
    expect(finding.why).toContain('Its kernel acknowledged meanwhile')
    expect(finding.blamed).toContain('the program at 10.0.0.2')
    expect(finding.evidence.slice(0, 3).map(({ role, time }) => [role, time / 1e6])).toEqual([
      ['what waited', 500],
      ['its kernel has it', 500.2],
      ['the answer, with the others', 640],
    ])
  })

  it('is throttled, most likely, where it goes on every 100 ms', async () => {
    const finding = theFinding(await findInConnections(...throttled(4, 8)))
    expect(finding).toMatchObject({ kind: 'stall', count: 8 })
    expect(finding.title).toBe('10.0.0.2 stops again and again: CPU throttling suspected')
    expect(finding.why).toContain('7 of 7 times it went on at a multiple of 100 ms')
    expect(finding.blamed).toMatch(/^the CPU limit of 10\.0\.0\.2, most likely/)
    expect(finding.confirm.map(({ command }) => command).join()).toContain('cpu.stat')
  })

  it('tells of the time from its first stop to its last, also where its kernel was once silent too', async () => {
    const turns = (n: number): Turn[] => [
      ...prompt(10 + n * 7, 5),
      { ask: 600 + n * 20, ack: 900 + n * 0.1, answer: 905 + n * 0.2 },
      ...prompt(1000 + n * 7, 5),
      ...[2000, 3000].flatMap((at) => [
        { ask: at + n * 20, ack: at + 0.2 + n * 20, answer: at + 140 + n * 0.2 },
        ...prompt(at + 200 + n * 7, 3),
      ]),
    ]
    const finding = theFinding(
      await findInConnections(...numbers(3).map((n) => ({ text: connection(turns(n)), at: 0 }))),
    )
    expect(finding.kind).toBe('stall')
    expect([finding.since, finding.until].map((time) => Math.round(time / 1e6))).toEqual([600, 3140])
  })

  it('stops by another period for another reason', async () => {
    const finding = theFinding(await findInConnections(...throttled(4, 8, 137)))
    expect(finding.title).toBe('10.0.0.2 stood still 8 times')
    expect(finding.blamed).toContain('garbage collection')
  })

  it('waits for another that answered it right before', async () => {
    const upstream = connection([...prompt(10, 5), { ask: 490, answer: 639 }, ...prompt(700, 3)])
    const report = await findInConnections(...stopped(6, 500, 640, 20), {
      text: upstream,
      at: 0,
      client: 2,
      server: 3,
    })
    expect(theFinding(report).blamed).toMatch(/^what 10\.0\.0\.2 waits for itself: answers of 10\.0\.0\.3/)
  })
})

describe('a host that says nothing', () => {
  it('is its node or the way, as no kernel delays its ACKs so long', async () => {
    const finding = theFinding(await findInConnections(...stopped(6, 500, 900, 20, false)))
    expect(finding.title).toBe('Nothing came from 10.0.0.2 for 400 ms')
    expect(finding.why).toContain('Its kernel acknowledged nothing either')
    expect(finding.blamed).toContain('the node of 10.0.0.2, or the way from this capture point to it')
  })

  it('cannot be told from its program where ACKs may have been delayed', async () => {
    const finding = theFinding(await findInConnections(...stopped(7, 500, 560, 5, false)))
    expect(finding.blamed).toContain('cannot be told from here')
  })
})

describe('no stand-still is', () => {
  const slow = (n: number, ms: number, every: number): Turn[] =>
    numbers(8).map((k) => ({
      ask: 100 + n * 13 + k * every,
      ack: 100.2 + n * 13 + k * every,
      answer: 100 + n * 13 + k * every + ms,
    }))
  const CASES: readonly (readonly [string, readonly (string | Connection)[]])[] = [
    [
      'a server that takes as long for each request',
      numbers(6).map((n) => ({ text: connection(slow(n, 140, 300)), at: 0 })),
    ],
    [
      'an event that long polls wait for',
      numbers(6).map((n) => ({
        text: connection(
          numbers(6).map((k) => ({
            ask: 100 + 400 * k + n * 20,
            ack: 140 + 400 * k + n * 20,
            answer: 450 + 400 * k + n * 0.2,
          })),
        ),
        at: 0,
      })),
    ],
    [
      'what several consumers wait for, who ask again as soon as they are all answered',
      numbers(8).map((n) => ({ text: connection(longPolls(n)), at: 0 })),
    ],
    [
      'a tick of 100 ms at which a program always answers',
      numbers(6).map((n) => ({
        text: connection(
          numbers(12).map((k) => ({
            ask: 110 + 100 * k + n * 10,
            ack: 110.2 + 100 * k + n * 10,
            answer: 200 + 100 * k + n * 0.2,
          })),
        ),
        at: 0,
      })),
    ],
    ['six slow questions that were asked at once', stopped(6, 500, 640, 0.5)],
    ['two connections', stopped(2, 500, 640, 60)],
    [
      'a time in which another connection was answered',
      [...stopped(6, 500, 640, 20), { text: connection(prompt(10, 40, 20)), at: 0 }],
    ],
    [
      'a lost question that had to be sent again',
      numbers(6).map((n) => ({
        text: `${connection(prompt(10 + n * 7, 5))}
          +${200 - n * 7}ms A>B PA 501(100) ack 251
          +${200 - n * 20}ms A>B PA 501(100) ack 251
          +${n * 20 + 2}ms B>A PA 251(50) ack 601`,
        at: 0,
      })),
    ],
    [
      'a receiver that closed its window',
      numbers(6).map((n) => ({
        text: `${connection(prompt(10 + n * 7, 5))}
          +${200 + n * 13}ms A>B PA 501(100) ack 251 win 0
          +0.2ms B>A A 251(0) ack 601
          +${140 - n * 20}ms A>B A 601(0) ack 251 win 1000
          +0.2ms B>A PA 251(50) ack 601`,
        at: 0,
      })),
    ],
    [
      'delayed ACKs of 40 ms',
      numbers(6).map((n) => ({
        text: connection(
          numbers(10).map((k) => ({
            ask: 100 + k * 90 + n * 11,
            ack: 140 + k * 90 + n * 11,
            answer: 175 + k * 90 + n * 11,
          })),
        ),
        at: 0,
      })),
    ],
    [
      'a client that pauses',
      numbers(6).map((n) => ({ text: connection([...prompt(10 + n * 7, 5), ...prompt(600 + n, 5)]), at: 0 })),
    ],
  ]
  it.each(CASES)('%s', async (_, connections) => {
    expect(kindsOf(await findInConnections(...connections))).not.toContain('stall')
  })
})
