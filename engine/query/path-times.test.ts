import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { PathTimes } from './path-times.ts'
import { TestCapture } from './testing/test-capture.ts'

/** "4: 30 ms" for each round trip that can be trusted, by the frame that ended it. */
function roundTrips(text: string): string[] {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  const path = new PathTimes(made.packets, made.conversations)
  path.advance()
  return Array.from({ length: made.packets.rows }, (_, row) => [row + 1, path.roundTrip(row)] as const)
    .filter(([, ns]) => ns > 0)
    .map(([frame, ns]) => `${frame}: ${ns / 1e6} ms`)
}

const BEGIN = `
  ids
  +0    A>B A 1(1000) ack 1
  +30ms B>A A 1(0)    ack 1001`

describe('a round trip by an ACK', () => {
  it('lasts from the segment to what acknowledges it', () => {
    expect(roundTrips(BEGIN)).toEqual(['2: 30 ms'])
  })

  it('is none of what was sent again, as the ACK may be of either copy; the next one is', () => {
    expect(
      roundTrips(`${BEGIN}
      +1ms   A>B A 1001(1000) ack 1
      +250ms A>B A 1001(1000) ack 1
      +30ms  B>A A 1(0)       ack 2001
      +1ms   A>B A 2001(1000) ack 1
      +33ms  B>A A 1(0)       ack 3001`),
    ).toEqual(['2: 30 ms', '7: 33 ms'])
  })

  it('is none of what waited behind the hole, and is acknowledged together with it', () => {
    expect(
      roundTrips(`${BEGIN}
      +1ms  A>B A 1001(1000) ack 1
      +1ms  A>B A 2001(1000) ack 1
      +1ms  A>B A 3001(1000) ack 1
      +29ms B>A A 1(0)       ack 1001 <sack 2001:3001>
      +1ms  B>A A 1(0)       ack 1001 <sack 2001:4001>
      +1ms  A>B A 1001(1000) ack 1
      +30ms B>A A 1(0)       ack 4001
      +1ms  A>B A 4001(1000) ack 1
      +31ms B>A A 1(0)       ack 5001`),
    ).toEqual(['2: 30 ms', '11: 31 ms'])
  })

  it('is not doubted because the segment was captured twice', () => {
    expect(
      roundTrips(`
      ids
      +0    A>B A 1(1000) ack 1    id 7
      +1us  A>B A 1(1000) ack 1    id 7
      +30ms B>A A 1(0)    ack 1001`),
    ).toEqual(['3: 30.001 ms'])
  })
})
