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

describe('an ACK sooner than a round trip', () => {
  const OPEN = `
      ids
      +0     A>B S  0(0)       <mss 1460>
      +80ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0     A>B A  1(0) ack 1`

  it('answers the original', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1
      +80ms  B>A A  1(0)   ack 101
      +1ms   A>B PA 101(100) ack 1
      +280ms A>B PA 101(100) ack 1 ; rto, spurious
      +30ms  B>A A  1(0)   ack 201
    `)
  })

  it('says nothing where only the handshake was measured, which may have been slow', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1
      +280ms A>B PA 1(100) ack 1 ; rto, needed
      +30ms  B>A A  1(0)   ack 101
    `)
  })
})

describe('a SACK of what a probe repeated', () => {
  const probed = (answers: string, before = ''): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +80ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +80ms  B>A A  1(0) ack 101
      ${before}
      +1ms   A>B A  101(1000)  ack 1
      +0     A>B PA 1101(1000) ack 1
      ${answers}
      +80ms  B>A A  1(0) ack 2101`

  it('sooner than a round trip after it is of what came first', () => {
    const sacked = (wait: string, verdict: string): string => `
      +160ms A>B PA 1101(1000) ack 1 ; tlp, ${verdict}
      ${wait} B>A A  1(0) ack 101 <sack 1101:2101>
      +0     A>B A  101(1000) ack 1 ; fast`
    expectVerdicts(probed(sacked('+40ms', 'spurious')))
    expectVerdicts(probed(sacked('+80ms', 'needed')))
  })

  it('behind an ACK that is missing as well is of what came again, where its host sends no DSACKs', () => {
    const sacked = (id: number, verdict: string): string => `
      +160ms A>B PA 1101(1000) ack 1 ; tlp, ${verdict}
      +80ms  B>A A  1(0) ack 101 id ${id} <sack 1101:2101>
      +0     A>B A  101(1000) ack 1 ; fast`
    // Something came twice, and the answer had no DSACK.
    const without = `
      +80ms  A>B PA 1(100) ack 1 ; tlp, spurious
      +80ms  B>A A  1(0) ack 101`
    expectVerdicts(probed(sacked(3, 'needed')))
    expectVerdicts(probed(sacked(4, 'spurious'), without))
    expectVerdicts(probed(sacked(3, 'needed'), without))
  })
})

describe('an ACK of nothing new', () => {
  const again = (window: number, id: string) => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 win 1000 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +0     A>B PA 2001(1000) ack 1
      +20ms  B>A A  1(0) ack 1 win 600 <sack 1001:3001>
      +0     A>B A  1(1000)    ack 1 ; fast, TOLD
      +20ms  B>A A  1(0) ack 3001 win 600
      +30ms  B>A A  1(0) ack 3001 win ${window} ${id}`

  it('answers what came late, also where the application had read some of it meanwhile', () => {
    expectVerdicts(again(600, '').replace('TOLD', 'spurious'))
    expectVerdicts(again(640, '').replace('TOLD', 'spurious'))
  })

  it('may tell that the window has doubled, or that it grew where the system is not known', () => {
    expectVerdicts(again(1200, '').replace('TOLD', 'needed'))
    expectVerdicts(again(640, 'id 0').replace('TOLD', 'needed'))
    expectVerdicts(again(640, 'ttl 128').replace('TOLD', 'needed'))
  })
})

describe('a timestamp that is echoed after an older one', () => {
  const probed = (answer: string) => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B PA 1001(1000) ack 1 <ts 121 900>
      +60ms  A>B PA 1001(1000) ack 1 <ts 181 900> ; tlp, TOLD
      +21ms  B>A A  1(0)    ack 2001 <ts 1001 121>
      ${answer}`

  it('is of a repetition that came when its bytes had been acknowledged', () => {
    expectVerdicts(probed('+5ms B>A PA 1(100) ack 2001 id 4 <ts 1006 181>').replace('TOLD', 'spurious'))
    expectVerdicts(probed('+5ms B>A PA 1(100) ack 2001 <ts 1006 121>').replace('TOLD', 'needed'))
  })

  it('says nothing again that it said when its bytes were acknowledged', () => {
    expectVerdicts(
      probed('+5ms B>A PA 1(100) ack 2001 <ts 1006 181>').replace('1001 121', '1001 181').replace('TOLD', 'needed'),
    )
  })

  it('is of what was sent since where that is acknowledged', () => {
    expectVerdicts(
      probed(`+0 A>B PA 2001(100) ack 1 <ts 181 1001>
      +20ms  B>A PA 1(100) ack 2101 <ts 1006 181>`).replace('TOLD', 'needed'),
    )
  })

  it('and then a DSACK tell of one repetition, not of two', () => {
    const twice = (more: string, first: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B A  1001(1000) ack 1 <ts 121 900>
      +0     A>B PA 2001(1000) ack 1 <ts 121 900>
      +20ms  B>A A  1(0) ack 1 <ts 921 120, sack 1001:3001>
      +0     A>B A  1(1000)    ack 1 <ts 141 921> ; fast, ${first}
      +300ms A>B A  1(1000)    ack 1 <ts 441 921> ; rto, spurious
      +5ms   B>A A  1(0) ack 3001 <ts 1226 141>
      +20ms  B>A A  1(0) ack 3001 <ts 1241 141, sack 1:1001>
      ${more}`
    expectVerdicts(twice('', 'needed'))
    expectVerdicts(twice('+1ms B>A A 1(0) ack 3001 <ts 1242 141, sack 1:1001>', 'spurious'))
  })

  it('answers that repetition alone, not an earlier one', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B FA 1(0) ack 1 <ts 121 900>
      +220ms A>B FA 1(0) ack 1 <ts 341 900> ; tlp, needed
      +220ms A>B FA 1(0) ack 1 <ts 561 900> ; rto, spurious
      +5ms   B>A FA 1(0) ack 2 id 2 <ts 1346 341>
      +0     A>B A  2(0) ack 2 <ts 566 1346>
      +5ms   B>A A  2(0) ack 2 <ts 1351 561>
    `)
  })
})

describe('a reset of a connection that is gone', () => {
  it('answers the packet that has its number as acknowledgment, which may be a mere ACK', () => {
    const lost = `
      ids
      +0     A>B S  0(0)       <mss 1460>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0     A>B A  1(0) ack 1
      +0     A>B PA 1(100) ack 1
      +250ms A>B PA 1(100) ack 1 ; rto, TOLD
      +20ms  B>A A  1(500) ack 101
      +0     B>A A  501(500) ack 101
      +0     A>B A  101(0) ack 501
      +0     A>B A  101(0) ack 1001
      +0     B>A RA 1001(0) ack 101`
    for (const acknowledged of [501, 1001]) {
      expectVerdicts(`${lost.replace('TOLD', 'needed')}
        +20ms  B>A R  ${acknowledged}(0) id 0
      `)
    }
    expectVerdicts(`${lost.replace('TOLD', 'spurious')}
      +20ms  B>A R  1(0) id 0
    `)
  })

  it('had what a timer repeats, where it had acknowledged what was sent along with it', () => {
    const ended = (acknowledged: string, end: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +0     A>B A  1(1000)   ack 1
      +0     A>B PA 1001(500) ack 1
      ${acknowledged}
      ${end}`
    const one = '+20ms  B>A A  1(0) ack 1001 win 500'
    expectVerdicts(
      ended(
        one,
        `+200ms A>B PA 1001(500) ack 1 ; tlp, spurious
      +220ms A>B PA 1001(500) ack 1 ; rto, spurious
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // Nothing of it was acknowledged: all may have been lost.
    expectVerdicts(
      ended(
        '',
        `+200ms A>B PA 1001(500) ack 1 ; tlp, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // More came after it: the other end may have died meanwhile.
    expectVerdicts(
      ended(
        `+0     A>B PA 1501(500) ack 1
      ${one}`,
        `+60ms  A>B A  1001(500) ack 1 ; rto, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // It was a connection that ended, with data unread, say.
    expectVerdicts(
      ended(
        one,
        `+200ms A>B PA 1001(500) ack 1 ; tlp, cannot tell
      +20ms  B>A RA 1(0) ack 1001`,
      ),
    )
    // Asked for, so lost.
    expectVerdicts(
      ended(
        `${one}
      +0     A>B PA 1501(500) ack 1
      +20ms  B>A A  1(0) ack 1001 win 500 <sack 1501:2001>`,
        `+30ms  A>B PA 1001(500) ack 1 ; fast, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
  })
})

describe('a mere ACK after a response that is missing', () => {
  const asked = (sack: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460${sack}>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460${sack}>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +20ms  B>A PA 1(300) ack 101
      +0     A>B A  101(0) ack 301
      +80ms  A>B PA 101(100) ack 301`

  it('answers what came again, as the response had acknowledged what came first', () => {
    expectVerdicts(`${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, cannot tell
      +440ms A>B PA 101(100) ack 301 ; rto, spurious
      +20ms  B>A A  601(0) ack 201 id 4
    `)
    expectVerdicts(`${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, needed
      +20ms  B>A PA 301(300) ack 201
    `)
  })

  it('may answer what came first where the other side sends of its own accord, or a DSACK would say so', () => {
    expectVerdicts(`${asked('')}
      +1ms   B>A PA 301(300) ack 101
      +0     A>B A  201(0)   ack 601
      +219ms A>B PA 101(100) ack 601 ; rto, cannot tell
      +20ms  B>A A  901(0) ack 201 id 5
    `)
    expectVerdicts(`${asked(', sackOK')}
      +220ms A>B PA 101(100) ack 301 ; tlp, cannot tell
      +20ms  B>A A  601(0) ack 201 id 4
    `)
  })

  it('may answer what came first behind a FIN that was repeated as often, so had been sent for another reason', () => {
    const closed = (id: number, verdict: string): string => `${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, cannot tell
      +440ms A>B PA 101(100) ack 301 ; rto, ${verdict}
      +20ms  B>A A  302(0) ack 201 id ${id}
    `
    expectVerdicts(closed(4, 'spurious'))
    expectVerdicts(closed(5, 'cannot tell'))
  })
})
