import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Whether a repetition was needed, where that is told by more than its own answer. Round trips of 20 ms, seen at A unless a scenario says otherwise.
const PLAIN = `
      ids
      +0    A>B S  0(0)       <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B A  1(0) ack 1`

describe('what a time-out sends again without SACK', () => {
  const SENT = `${PLAIN}
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +0     A>B A  2001(1000) ack 1
      +0     A>B A  3001(1000) ack 1
      +0     A>B PA 4001(1000) ack 1`

  it('had mostly arrived where duplicate ACKs told of most of it, but for what ACKs stop in front of', () => {
    const again = `${SENT}
      +20ms  B>A A  1(0) ack 1
      +0     B>A A  1(0) ack 1
      +0     B>A A  1(0) ack 1
      +250ms A>B A  1(1000)    ack 1 ; rto, needed
      +20ms  B>A A  1(0) ack 1001
      +0     A>B A  1001(1000) ack 1 ; fast, needed`
    expectVerdicts(`${again}
      +0     A>B A  2001(1000) ack 1 ; fast, spurious
      +0     A>B A  3001(1000) ack 1 ; fast, spurious
      +20ms  B>A A  1(0) ack 5001
    `)
    expectVerdicts(`${again}
      +0     A>B A  2001(1000) ack 1 ; fast, needed
      +20ms  B>A A  1(0) ack 2001
      +1ms   B>A A  1(0) ack 5001
    `)
  })

  it('had not where they told of less than half', () => {
    expectVerdicts(`${SENT}
      +20ms  B>A A  1(0) ack 1
      +250ms A>B A  1(1000)    ack 1 ; rto, needed
      +20ms  B>A A  1(0) ack 1001
      +0     A>B A  1001(1000) ack 1 ; fast, needed
      +0     A>B A  2001(1000) ack 1 ; fast, needed
      +20ms  B>A A  1(0) ack 5001
    `)
  })
})

describe('a handshake', () => {
  it('had its first SYN answered as well where an ACK of it comes before any SYN-ACK', () => {
    const asked = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) <mss 1460, sackOK, ts 1100 0>`
    expectVerdicts(`${asked} ; syn, spurious
      +100ms B>A A  1(0) ack 1 id 0 <ts 900 1100>
    `)
    expectVerdicts(`${asked} ; syn, needed
      +100ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
    `)
    expectVerdicts(`${asked} ; syn, needed
      +100ms B>A RA 0(0) ack 1 id 0
    `)
  })

  it('that is refused had no SYN taken', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0) <mss 1460>
      +20ms B>A RA 0(0) ack 1 id 0
      +1s   A>B S  0(0) <mss 1460> ; syn, cannot tell
      +20ms B>A RA 0(0) ack 1 id 0
    `)
  })

  it('had its SYN-ACK, where that was answered with an ACK of something else', () => {
    const answered = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>`
    expectVerdicts(`${answered}
      +20ms  A>B A  500(0) ack -3000 id 0 <ts 120 800>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1920 100> ; synack, spurious
    `)
    expectVerdicts(`${answered}
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack, cannot tell
    `)
  })

  it('had its first SYN-ACK where it is refused twice, once for each', () => {
    const twice = (verdict: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack, ${verdict}
      +20ms  A>B R  1(0) id 0`
    expectVerdicts(`${twice('cannot tell')}
    `)
    expectVerdicts(`${twice('spurious')}
      +1ms   A>B R  1(0) id 0
    `)
  })

  it('has a second SYN-ACK where a repeated SYN came since the first, though they are alike', () => {
    const timer = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack`
    expectVerdicts(`${timer}, cannot tell
      +100us A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn, spurious
      +100us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack, spurious
    `)
    expectVerdicts(`${timer}
      +200us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; copy
    `)
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn
      +100us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 1100>
      +100us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 1100> ; copy
    `)
  })

  it('has one as well where the network doubled the SYN, but not where it was captured twice', () => {
    const syn = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>`
    const synAck = 'B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>'
    expectVerdicts(`${syn}
      +100us ${synAck}
      +100us A>B S  0(0) id 1 <mss 1460, sackOK, ts 100 0> ; copy
      +100us ${synAck} ; synack, spurious
      +100us ${synAck} ; copy
    `)
    expectVerdicts(`${syn}
      +10us  A>B S  0(0) id 1 <mss 1460, sackOK, ts 100 0> ; copy
      +100us ${synAck}
      +10us  ${synAck} ; copy
    `)
    // A capture replayed: each transmission has its own IP ID.
    expectVerdicts(`${syn}
      +100us B>A SA 0(0) ack 1 id 7 <mss 1460, sackOK, ts 900 100>
      +100us A>B S  0(0) id 1 <mss 1460, sackOK, ts 100 0> ; copy
      +100us B>A SA 0(0) ack 1 id 7 <mss 1460, sackOK, ts 900 100> ; copy
    `)
  })

  it('has its SYN-ACK doubled where that is alike without timestamps, sooner than any timer, and no SYN came twice', () => {
    const synAck = 'B>A SA 0(0) ack 1 id 0 <mss 1460>'
    const answered = (before: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460>
      ${before}
      +20ms  ${synAck}`
    expectVerdicts(`${answered('')}
      +0     A>B A  1(0) ack 1
      +3ms   ${synAck} ; copy
    `)
    expectVerdicts(`${answered('')}
      +1s    ${synAck} ; synack
    `)
    expectVerdicts(`${answered('+3ms A>B S 0(0) id 1 <mss 1460> ; copy')}
      +3ms   ${synAck} ; synack
      +3ms   ${synAck} ; synack
    `)
    expectVerdicts(`${answered('+1s A>B S 0(0) <mss 1460> ; syn')}
      +3ms   ${synAck} ; synack
    `)
    // The SYNs passed elsewhere.
    expectVerdicts(`
      +0     ${synAck}
      +3ms   ${synAck} ; synack
    `)
  })

  it('needs no second SYN-ACK sooner than any timer, unless its ACK echoes that one', () => {
    const twice = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +3ms   B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 903 100>`
    expectVerdicts(`${twice} ; synack, spurious
    `)
    expectVerdicts(`${twice} ; synack, needed
      +20ms  A>B A  1(0) ack 1 <ts 123 903>
    `)
    // Within a tick of the timestamps an echo is of either.
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +100us A>B S  0(0) id 1 <mss 1460, sackOK, ts 100 0> ; copy
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100> ; synack, spurious
      +20ms  A>B A  1(0) ack 1 <ts 123 900>
    `)
  })
})

describe('a lone segment that is missing before an ACK', () => {
  const again = `
      +1ms   A>B PA 1(100) ack 1
      +20ms  B>A A  1(0)   ack 101 id 2
      +80ms  A>B PA 101(100) ack 1
      +220ms A>B PA 101(100) ack 1`

  it('was an answer, too, so what is answered without it came twice', () => {
    expectVerdicts(`${PLAIN} ${again} ; rto, spurious
      +20ms  B>A A  201(0) ack 201 id 4
    `)
  })

  it('may have been sent before where more are missing and it is a FIN, or where a DSACK would say so', () => {
    expectVerdicts(`${PLAIN} ${again} ; rto, cannot tell
      +20ms  B>A A  2(0) ack 201 id 5
    `)
    expectVerdicts(`
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1 ${again} ; tlp, cannot tell
      +20ms  B>A A  201(0) ack 201 id 4
    `)
  })
})

describe('where the way back loses ACKs', () => {
  const OPEN = `
      ids
      +0    A>B S  0(0)       <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B A  1(0) ack 1
      +1ms  B>A A  1(1000)    ack 1
      +0    B>A A  1001(1000) ack 1
      +0    B>A A  2001(1000) ack 1
      +0    B>A A  3001(1000) ack 1
      +0    B>A A  4001(1000) ack 1
      +0    B>A A  5001(1000) ack 1
      +0    B>A A  6001(1000) ack 1
      +0    B>A A  7001(1000) ack 1
      +0    B>A A  8001(1000) ack 1`

  it('two that are missing make it likely that what nothing answered had come, if nothing had to be repeated', () => {
    expectVerdicts(`${OPEN}
      +20ms  A>B A  1(0) ack 9001 id 5
      +80ms  B>A PA 9001(100) ack 1
      +220ms B>A PA 9001(100) ack 1 ; rto, spurious
    `)
    expectVerdicts(`${OPEN}
      +20ms  A>B A  1(0) ack 9001 id 4
      +80ms  B>A PA 9001(100) ack 1
      +220ms B>A PA 9001(100) ack 1 ; rto, cannot tell
    `)
  })

  it('and many, that earlier repetitions of what came twice were not needed either', () => {
    const twice = (id: number): string => `${OPEN}
      +20ms  A>B A  1(0) ack 9001 id ${id}
      +80ms  B>A PA 9001(100) ack 1
      +220ms B>A PA 9001(100) ack 1`
    const answer = (id: number): string => `
      +420ms B>A PA 9001(100) ack 1 ; rto, spurious
      +20ms  A>B A  1(0) ack 9101 id ${id + 2}`
    expectVerdicts(`${twice(11)} ; rto, spurious ${answer(11)}
    `)
    expectVerdicts(`${twice(4)} ; rto, needed ${answer(4)}
    `)
  })

  it('a probe was no more needed than the time-out after it, where ACKs of all were missing', () => {
    const silence = (first: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      ${first}
      +0     B>A A  101(1000)  ack 1
      +0     B>A PA 1101(1000) ack 1
      +0     B>A PA 2101(100)  ack 1`
    const times = (probe: string): string => `
      +60ms  B>A PA 2101(100)  ack 1 ; tlp, ${probe}
      +250ms B>A A  101(1000)  ack 1 ; rto, spurious
      +500ms B>A A  101(1000)  ack 1 ; rto, spurious
      +20ms  A>B A  1(0) ack 2201`
    expectVerdicts(`${silence('')}${times('spurious')} id 5
    `)
    // One segment was lost before, so one more may be.
    expectVerdicts(`${silence(`
      +1ms   B>A PA 1(100) ack 1
      +220ms B>A PA 1(100) ack 1 ; tlp, needed
      +20ms  A>B A  1(0) ack 101`)}${times('needed')} id 6
    `)
  })

  it('so that after a fast retransmission only many missing ACKs make a time-out unneeded', () => {
    const asked = (id: number): string => `${OPEN}
      +20ms  A>B A  1(0) ack 7001 id ${id}
      +0     A>B A  1(0) ack 7001 id ${id + 1}
      +0     A>B A  1(0) ack 7001 id ${id + 2}
      +0     A>B A  1(0) ack 7001 id ${id + 3}
      +0     B>A A  7001(1000) ack 1 ; fast, cannot tell
      +250ms B>A A  7001(1000) ack 1 ; rto`
    expectVerdicts(`${asked(11)}, spurious
    `)
    expectVerdicts(`${asked(7)}, cannot tell
    `)
  })
})
