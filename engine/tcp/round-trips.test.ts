import { describe, expect, it } from 'vitest'
import { fillers, findInFrames, framesOf } from '../../test/support/find-in.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { clientIsB } from '../application/turn-taking.ts'
import { ANSWERED, ROUND_TRIP } from './round-trips.ts'

function capture(text: string): TestCapture {
  const made = new TestCapture()
  for (const { frame, time } of parseScenario(text).packets) {
    made.add(1_700_000_000_000_000_000n + BigInt(time), frame.bytes, { length: frame.length })
  }
  return made
}

const WORDS = ['', 'prompt', 'late', 'with data']

/** "4: 30 ms" for each round trip by the measure, by the frame that ended it, with what made it longer. */
function roundTrips(text: string, measure: 'ack' | 'echo' | 'sample' = 'ack'): string[] {
  const { packets, roundTrips } = capture(text)
  const found: string[] = []
  for (let row = 0; row < packets.rows; row++) {
    const chunk = packets.chunk(row)
    const bits = chunk.roundTrip[row]
    const answered = measure === 'echo' ? (bits & ROUND_TRIP.echo) >> ROUND_TRIP.echoShift : bits & ROUND_TRIP.ack
    const start =
      measure === 'sample'
        ? roundTrips.start(chunk, row)
        : answered === ANSWERED.none
          ? -1
          : measure === 'ack'
            ? chunk.acked[row] - 1
            : roundTrips.echoed(chunk, row)
    if (start < 0) continue
    const kind = measure === 'sample' || answered === ANSWERED.prompt ? '' : ` ${WORDS[answered]}`
    found.push(`${row + 1}: ${(packets.time(row) - packets.time(start)) / 1e6} ms${kind}`)
  }
  return found
}

const BEGIN = `
  ids
  +0    A>B A 1(1000) ack 1
  +30ms B>A A 1(0)    ack 1001`

describe('a round trip by an ACK', () => {
  it('lasts from the segment to what acknowledges it', () => {
    expect(roundTrips(BEGIN)).toEqual(['2: 30 ms'])
  })

  it('is known too where the two lie in different chunks', async () => {
    const { engine } = await findInFrames([...fillers(CHUNK_ROWS - 1), ...framesOf({ text: BEGIN, at: 2 })])
    const { packets, roundTrips: measured } = engine
    const ack = packets.chunk(CHUNK_ROWS)
    expect([measured.start(ack, 0), measured.time(ack, 0)]).toEqual([CHUNK_ROWS - 1, 30e6])
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

  it('is late if the receiver sat on the ACK, which it may do with what is not full, for 40 ms and more', () => {
    expect(
      roundTrips(`${BEGIN}
      +1ms  A>B A 1001(100)  ack 1
      +70ms B>A A 1(0)       ack 1101
      +1ms  A>B A 1101(1000) ack 1
      +70ms B>A A 1(0)       ack 2101
      +1ms  A>B A 2101(100)  ack 1
      +65ms B>A A 1(0)       ack 2201`),
    ).toEqual(['2: 30 ms', '4: 70 ms late', '6: 70 ms', '8: 65 ms'])
  })

  it('may have waited for the program if the ACK comes with data, a FIN or a reset; not if that refuses the connection', () => {
    expect(
      roundTrips(`
      +0    A>B S  0(0)
      +30ms B>A SA 0(0)   ack 1
      +1ms  A>B A  1(10)  ack 1
      +80ms B>A A  1(10)  ack 11
      +1ms  A>B A  11(10) ack 11
      +80ms B>A RA 11(0)  ack 21`),
    ).toEqual(['2: 30 ms', '3: 1 ms with data', '4: 80 ms with data', '5: 1 ms with data', '6: 80 ms with data'])
    expect(roundTrips('+0 A>B S 0(0)\n+30ms B>A RA 0(0) ack 1')).toEqual(['2: 30 ms'])
    expect(roundTrips('+0 A>B A 1(10) ack 1\n+30ms B>A FA 1(0) ack 11')).toEqual(['2: 30 ms with data'])
  })

  it('is none where a clock was set back', () => {
    expect(roundTrips('+0 A>B A 1(10) ack 1\n-5ms B>A A 1(0) ack 11')).toEqual([])
  })
})

describe('a round trip by a timestamp', () => {
  it('fills in where Karn’s rule leaves none by the ACK, and only there', () => {
    const text = `
      +0     A>B A 1(1000)    ack 1    <ts 100 900>
      +30ms  B>A A 1(0)       ack 1001 <ts 930 100>
      +1ms   A>B A 1001(1000) ack 1    <ts 131 930>
      +250ms A>B A 1001(1000) ack 1    <ts 381 930>
      +31ms  B>A A 1(0)       ack 2001 <ts 1212 381>`
    expect(roundTrips(text, 'ack')).toEqual(['2: 30 ms'])
    expect(roundTrips(text, 'echo')).toEqual(['2: 30 ms', '5: 31 ms'])
    expect(roundTrips(text, 'sample')).toEqual(['2: 30 ms', '5: 31 ms'])
  })

  it('is not what the ACK leaves out as late', () => {
    const text = `
      +0    A>B A 1(1000)   ack 1    <ts 100 900>
      +30ms B>A A 1(0)      ack 1001 <ts 930 100>
      +1ms  A>B A 1001(100) ack 1    <ts 131 930>
      +80ms B>A A 1(0)      ack 1101 <ts 1041 131>`
    expect(roundTrips(text, 'echo')).toEqual(['2: 30 ms', '4: 80 ms late'])
    expect(roundTrips(text, 'sample')).toEqual(['2: 30 ms'])
  })

  it('is known of each value whose echo comes, many at once', () => {
    const sent = Array.from({ length: 50 }, (_, n) => `+1ms A>B A ${1 + n * 100}(100) ack 1 <ts ${n + 1} 9>`)
    const echoed = Array.from({ length: 50 }, (_, n) => `+1ms B>A A 1(0) ack ${101 + n * 100} <ts ${60 + n} ${n + 1}>`)
    const text = ['+0 B>A A 1(0) ack 1 <ts 9 0>', ...sent, '+10ms B>A A 1(0) ack 1 <ts 59 0>', ...echoed].join('\n')
    expect(roundTrips(text, 'echo')).toHaveLength(50)
    expect(roundTrips(text, 'echo')[49]).toBe('102: 60 ms')
  })

  it('waits for one value at a time while the other end has sent no timestamp', () => {
    const text = `
      +0   A>B A 1(100)   ack 1 <ts 1 0>
      +1ms A>B A 101(100) ack 1 <ts 2 0>
      +1ms B>A A 1(0)   ack 201 <ts 9 1>
      +1ms A>B A 201(100) ack 1 <ts 3 9>
      +1ms A>B A 301(100) ack 1 <ts 4 9>
      +1ms B>A A 1(0)   ack 301 <ts 9 3>
      +1ms B>A A 1(0)   ack 401 <ts 9 4>`
    expect(roundTrips(text, 'echo')).toEqual(['3: 2 ms late', '6: 2 ms', '7: 2 ms'])
  })
})

describe('the half of the path', () => {
  it.each([
    '+0 A>B S 0(0)\n+1ms B>A SA 0(0) ack 1\n+1ms A>B A 1(0) ack 1',
    '+0 A>B SA 0(0) ack 1\n+1ms B>A A 1(0) ack 1\n+1ms B>A A 1(10) ack 1\n+1ms A>B A 1(0) ack 11',
    '+0 A>B A 1(10) ack 1\n+1ms B>A A 1(0) ack 11\n+1ms B>A A 1(10) ack 11\n+1ms A>B A 11(0) ack 11',
  ])('is that of the end that answered: %#', (text) => {
    const made = capture(text)
    const client = clientIsB(made, 0)
    let samples = 0
    for (let row = 0; row < made.packets.rows; row++) {
      const { roundTrip, flags } = made.packets.chunk(row)
      if (roundTrip[row] === 0) continue
      samples++
      expect((roundTrip[row] & ROUND_TRIP.client) !== 0).toBe(((flags[row] & 0x1000) !== 0) === client)
    }
    expect(samples).toBe(2)
  })

  it('has a shortest round trip, delayed or not, where anything tells', () => {
    const { roundTrips: found } = capture(`${BEGIN}
      +1ms  A>B A 1001(100) ack 1
      +20ms B>A A 1(10)     ack 1101`)
    expect([found.shortest(0, 0), found.shortest(0, 1)]).toEqual([undefined, 20e6])
  })

  it('is counted as slow where it is 2 ms and half as long again, beside whatever timestamps wait for their echo', () => {
    const line = (n: number, ms: number) => `
      +100ms A>B A ${1001 + 1460 * n}(1460) ack 1 <ts ${2000 + n} 5>
      +${ms}ms B>A A 1(0) ack ${2461 + 1460 * n} <ts 6 ${2000 + n}>`
    const times = [10, 11.9, 14.9, 15, 60, 12, 16]
    const { roundTrips: found } = capture(BEGIN + times.map((ms, n) => line(n, ms)).join(''))
    expect([found.slowDirections(3), found.slowDirections(4), found.shortest(0, 1)]).toEqual([[1], [], 10e6])
  })
})
