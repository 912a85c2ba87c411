import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Seen at B, whose FIN answers that of A. TS: the timestamp clocks tick in milliseconds.
const OPEN = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK>
  +0    B>A SA 0(0)   ack 1 id 0 <mss 1460, sackOK>
  +20ms A>B A  1(0)   ack 1
  +1ms  B>A A  1(100) ack 1
  +20ms A>B A  1(0)   ack 101
`

describe('a FIN that alone acknowledges the other side’s', () => {
  const CLOSING = `${OPEN}
  +1ms  A>B FA 1(0)   ack 101`

  it('had most likely come where that is not sent again for as long as this one is twice', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, spurious
      +220ms B>A FA 101(0) ack 2 ; rto, spurious
      +440ms B>A FA 101(0) ack 2 ; rto, spurious
    `)
  })

  it('is not known to have while it was sent again but once', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, cannot tell
    `)
  })

  it('had not where a mere ACK may have told as well', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A A  101(0) ack 2
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, cannot tell
      +220ms B>A FA 101(0) ack 2 ; rto, cannot tell
    `)
  })

  it('had not where the other side’s comes again later', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, cannot tell
      +220ms B>A FA 101(0) ack 2 ; rto, cannot tell
      +100ms A>B FA 1(0)   ack 101 ; tlp
    `)
  })

  it('may not have where the other side waits longer, as its own had come again before', () => {
    expectVerdicts(`${CLOSING}
      +900ms A>B FA 1(0)   ack 101 ; tlp
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2   ; tlp, cannot tell
      +220ms B>A FA 101(0) ack 2   ; rto, cannot tell
    `)
  })

  it('had come where the other side’s was seen as a repetition only, sent first after what came before it', () => {
    const repeated = (last: string): string => `
      ids
      +0     A>B S  0(0)         <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0)   ack 1 id 0 <mss 1460, sackOK, ts 500 100>
      +20ms  A>B A  1(0)   ack 1 <ts 120 500>
      +1ms   B>A A  1(100) ack 1 <ts 521 120>
      +20ms  A>B A  1(0)   ack 101 <ts 141 521>
      +300ms A>B FA 1(0)   ack 101 id 6 <ts 441 521> ; retransmission
      +0     B>A FA 101(0) ack 2 <ts 841 441>
      +220ms B>A FA 101(0) ack 2 <ts 1061 441> ; tlp, ${last}
      +220ms B>A FA 101(0) ack 2 <ts 1281 441> ; rto, ${last}`
    expectVerdicts(`${repeated('cannot tell')}
    `)
    expectVerdicts(`${repeated('spurious')}
      +440ms B>A FA 101(0) ack 2 <ts 1721 441> ; rto, spurious
    `)
  })

  it('needed its first repetition, perhaps, where that came before the other side’s timer', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0)         <mss 1460, sackOK>
      +0     B>A SA 0(0)   ack 1 id 0 <mss 1460, sackOK>
      +1ms   A>B A  1(0)   ack 1
      +1ms   B>A A  1(100) ack 1
      +1ms   A>B FA 1(0)   ack 101
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, cannot tell
      +220ms B>A FA 101(0) ack 2 ; rto, spurious
    `)
  })

  it('had not come before where the answer has an IP ID, and so is not from TIME-WAIT', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, needed
      +220ms B>A FA 101(0) ack 2 ; rto, needed
      +20ms  A>B A  2(0)   ack 102
    `)
  })

  it('had come before the last repetition where it has none, and which before the others cannot be told', () => {
    expectVerdicts(`${CLOSING}
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2 ; tlp, spurious
      +20ms  A>B A  2(0)   ack 102 id 0
    `)
    expectVerdicts(`${CLOSING}
      +900ms A>B FA 1(0)   ack 101 ; tlp
      +0     B>A FA 101(0) ack 2
      +220ms B>A FA 101(0) ack 2   ; tlp, cannot tell
      +220ms B>A FA 101(0) ack 2   ; rto, spurious
      +20ms  A>B A  2(0)   ack 102 id 0
    `)
  })
})

describe('a FIN whose answer lacks one packet before it, and shows the other side’s FIN to be sent', () => {
  const ANSWERED = `
    +1ms   B>A FA 101(0) ack 1 id 3
    +220ms B>A FA 101(0) ack 1 id 4`
  const ANSWER = `
    +20ms  A>B A  2(0)   ack 102 id 5
  `

  it('is not known to have come before, as a DSACK would say so', () => {
    expectVerdicts(`${OPEN}${ANSWERED} ; tlp, cannot tell ${ANSWER}`)
  })

  it('did not where the host sends no DSACKs: that FIN had answered it', () => {
    expectVerdicts(`${OPEN}
      +1ms   B>A PA 101(100) ack 1
      +20ms  A>B A  1(0)     ack 201
      +1ms   B>A PA 101(100) ack 1 ; tlp, spurious
      +20ms  A>B A  1(0)     ack 201
      +1ms   B>A FA 201(0)   ack 1
      +220ms B>A FA 201(0)   ack 1 ; tlp, spurious
      +20ms  A>B A  2(0)     ack 202 id 7
    `)
  })

  it('may have where it sent one since', () => {
    expectVerdicts(`${OPEN}
      +1ms   B>A PA 101(100) ack 1
      +20ms  A>B A  1(0)     ack 201
      +1ms   B>A PA 101(100) ack 1 ; tlp, spurious
      +20ms  A>B A  1(0)     ack 201
      +1ms   B>A PA 101(100) ack 1 ; rto, spurious
      +20ms  A>B A  1(0)     ack 201 <sack 101:201>
      +1ms   B>A FA 201(0)   ack 1
      +220ms B>A FA 201(0)   ack 1 ; tlp, cannot tell
      +20ms  A>B A  2(0)     ack 202 id 8
    `)
  })
})
