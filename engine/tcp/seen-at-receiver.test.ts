import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Round trips of 20 ms, seen at A unless a scenario says otherwise. TS: the timestamp clocks tick in milliseconds, as Linux's do.
const OPEN = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK, ts 100 0, wscale 7>
  +20ms B>A SA 0(0)   ack 1 <mss 1460, sackOK, ts 900 100, wscale 7>
  +0    A>B A  1(0)   ack 1 <ts 120 900>
`

describe('seen at the receiver', () => {
  it('calls what fills a hole with an older IP ID reordered', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A 1(1000)    ack 1 id 4 <ts 121 900>
      +0    A>B A 2001(1000) ack 1 id 6 <ts 121 900>
      +5ms  A>B A 1001(1000) ack 1 id 5 <ts 121 900> ; reordered
    `)
  })

  it('calls what fills a hole with a newer IP ID a retransmission of what was lost before this point', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A 1(1000)    ack 1 id 4 <ts 121 900>
      +0    A>B A 2001(1000) ack 1 id 6 <ts 121 900>
      +0    B>A A 1(0) ack 1001         <ts 901 121, sack 2001:3001>
      +20ms A>B A 1001(1000) ack 1 id 7 <ts 141 901> ; fast, original unseen
    `)
  })

  it('goes by timestamps where there are no IP IDs', () => {
    expectVerdicts(`
      +0    A>B S  0(0)         <mss 1460, sackOK, ts 100 0>
      +20ms B>A SA 0(0)   ack 1 <mss 1460, sackOK, ts 900 100>
      +0    A>B A  1(0)   ack 1 <ts 120 900>
      +1ms  A>B A 1(1000)    ack 1 <ts 121 900>
      +9ms  A>B A 2001(1000) ack 1 <ts 130 900>
      +1ms  A>B A 1001(1000) ack 1 <ts 125 900> ; reordered
    `)
  })

  it('calls an original that comes after its repetition reordered, and the repetition not needed', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A 1(1000)    ack 1 id 4 <ts 121 900>
      +0    A>B A 2001(1000) ack 1 id 6 <ts 121 900>
      +0    B>A A 1(0) ack 1001         <ts 901 121, sack 2001:3001>
      +20ms A>B A 1001(1000) ack 1 id 7 <ts 141 901> ; fast, spurious
      +0    B>A A 1(0) ack 3001         <ts 921 141>
      +5ms  A>B A 1001(1000) ack 1 id 5 <ts 121 900> ; reordered
    `)
  })

  it('does so also where the repetition is known already not to have been needed', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A 1(1000)    ack 1 id 4 <ts 121 900>
      +0    A>B A 2001(1000) ack 1 id 6 <ts 121 900>
      +0    B>A A 1(0) ack 1001         <ts 901 121, sack 2001:3001>
      +20ms A>B A 1001(1000) ack 1 id 7 <ts 141 901> ; fast, spurious
      +0    B>A A 1(0) ack 3001         <ts 921 141, sack 1001:2001>
      +5ms  A>B A 1001(1000) ack 1 id 5 <ts 121 900> ; reordered
    `)
  })

  it('calls what others overtook a repetition all the same where its original had come in order', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +0     B>A A  1(0) ack 101         <ts 901 121>
      +100ms A>B PA 101(100) ack 1 id 6  <ts 221 900>
      +0     A>B PA 1(100) ack 1 id 5    <ts 161 900> ; rto, spurious
    `)
  })
})
