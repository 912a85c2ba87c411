import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Whether a repetition was needed, as the receiver tells by what it says again, or of a whole window at once. Round trips of 20 ms, seen at A.

/** Lines, one for each of `count`. */
function lines(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join('\n')
}

describe('a window that is sent again whole', () => {
  const SEGMENTS = 80
  /** Each answer lets the sender send the next two, so many of them are behind what is answered. */
  const resent = (verdict: string, answers: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B A  1(0) ack 1
      +1ms  A>B PA 1(100) ack 1
      +20ms B>A A  1(0) ack 101
      ${lines(SEGMENTS, (n) => `+0 A>B A ${101 + n * 1000}(1000) ack 1`)}
      +250ms A>B A 101(1000) ack 1 ; rto, ${verdict}
      ${lines(SEGMENTS - 1, (n) => `+0 A>B A ${1101 + n * 1000}(1000) ack 1 ; rto, ${verdict}`)}
      ${answers}
    `
  const each = (wait: string): string =>
    lines(SEGMENTS, (n) => `${n === 0 ? wait : '+0'} B>A A 1(0) ack ${1101 + n * 1000}`)

  it('was not needed where the answers come sooner than a round trip, the first ones as well', () => {
    expectVerdicts(resent('spurious', each('+5ms')))
  })

  it('was needed where they come after a round trip', () => {
    expectVerdicts(resent('needed', each('+20ms')))
  })

  it('is judged whole where one answer is of all of it', () => {
    const whole = (wait: string): string => `${wait} B>A A 1(0) ack ${101 + SEGMENTS * 1000}`
    expectVerdicts(resent('spurious', whole('+5ms')))
    expectVerdicts(resent('needed', whole('+20ms')))
  })

  it('had come twice where a DSACK says so of what came first in it', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1
      ${lines(SEGMENTS, (n) => `+0 A>B A ${1 + n * 1000}(1000) ack 1`)}
      +250ms A>B A 1(1000) ack 1 ; rto, spurious
      ${lines(SEGMENTS - 1, (n) => `+0 A>B A ${1001 + n * 1000}(1000) ack 1 ; rto, cannot tell`)}
      +20ms B>A A 1(0) ack 1001 <sack 1:1001>
    `)
  })
})

describe('an answer from TIME-WAIT', () => {
  /** SACKs asked for the first segment; the FIN of B is acknowledged 20 ms before `answer`. */
  const closed = (verdict: string, answer: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1
      +1ms  A>B A  1(1000)    ack 1
      +0    A>B A  1001(1000) ack 1
      +0    A>B A  2001(1000) ack 1
      +0    A>B PA 3001(1000) ack 1
      +20ms B>A A  1(0) ack 1 <sack 1001:2001>
      +0    B>A A  1(0) ack 1 <sack 1001:3001>
      +0    B>A A  1(0) ack 1 <sack 1001:4001>
      +0    A>B A  1(1000) ack 1 ; fast, ${verdict}
      +20ms B>A A  1(0) ack 4001
      +0    B>A FA 1(0) ack 4001
      +0    A>B FA 4001(0) ack 2
      +20ms B>A A  2(0) ack 4002
      ${answer}
    `

  it('is to an original that was late, and has no DSACK', () => {
    expectVerdicts(closed('spurious', '+25ms B>A A 2(0) ack 4002 id 0'))
  })

  it('may be to a FIN that the network doubled, within a round trip', () => {
    expectVerdicts(closed('needed', '+10ms B>A A 2(0) ack 4002 id 0'))
  })

  it('is none with an IP ID, or where no packet has one: the connection would tell in a DSACK', () => {
    const answered = closed('needed', '+25ms B>A A 2(0) ack 4002')
    expectVerdicts(answered)
    expectVerdicts(answered.replace(/(B>A F?A +\d\(0\) ack \d+)/g, '$1 id 0'))
  })
})

describe('a host that sends no DSACKs', () => {
  it('answers what SACKs had asked for again, where that came twice, also within a round trip', () => {
    const asked = (verdict: string, known: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1
      +1ms  A>B PA 1(100) ack 1
      +20ms B>A A  1(0) ack 101
      ${known}
      +1ms  A>B A  101(1000)  ack 1
      +0    A>B A  1101(1000) ack 1
      +0    A>B PA 2101(1000) ack 1
      +20ms B>A A  1(0) ack 101 <sack 1101:2101>
      +0    B>A A  1(0) ack 101 <sack 1101:3101>
      +0    A>B A  101(1000) ack 1 ; fast, ${verdict}
      +20ms B>A A  1(0) ack 3101
      +10ms B>A A  1(0) ack 3101
    `
    expectVerdicts(asked('needed', ''))
    expectVerdicts(
      asked(
        'spurious',
        `+80ms A>B PA 1(100) ack 1 ; tlp, spurious
      +20ms B>A A  1(0) ack 101`,
      ),
    )
  })
})

describe('an ACK that says nothing new, of what was sent since a repetition that was answered in its time', () => {
  const answered = (verdict: string, known: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1
      +1ms  A>B PA 1(100) ack 1
      +20ms B>A A  1(0) ack 101
      ${known}
      +1ms  A>B PA 101(100) ack 1
      +80ms A>B PA 101(100) ack 1 ; tlp, ${verdict}
      +20ms B>A A  1(0) ack 201
      +50ms A>B PA 201(100) ack 1
      +20ms B>A A  1(0) ack 301
      +9ms  B>A A  1(0) ack 301
    `

  it('answers a packet that was overtaken: that bytes came twice would be said in a DSACK', () => {
    expectVerdicts(answered('needed', ''))
  })

  it('tells that its bytes came twice where the host sends no DSACKs', () => {
    expectVerdicts(
      answered(
        'spurious',
        `+80ms A>B PA 1(100) ack 1 ; tlp, spurious
      +20ms B>A A  1(0) ack 101`,
      ),
    )
  })
})

describe('ACKs that are missing between two that say the same', () => {
  /** All three had come: without SACK each repetition is answered with one ACK. */
  const again = (verdicts: readonly string[], answers: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B A  1(0) ack 1
      +1ms  A>B A  1(1000)    ack 1
      +0    A>B A  1001(1000) ack 1
      +0    A>B PA 2001(1000) ack 1
      +250ms A>B A  1(1000)    ack 1 ; rto, ${verdicts[0]}
      +0    A>B A  1001(1000) ack 1 ; rto, ${verdicts[1]}
      +0    A>B PA 2001(1000) ack 1 ; rto, ${verdicts[2]}
      +20ms B>A A  1(0) ack 3001 win 500
      ${answers}
    `

  it('said that as well, so answered repetitions', () => {
    expectVerdicts(again(['needed', 'needed', 'spurious'], '+0 B>A A 1(0) ack 3001 win 500'))
    expectVerdicts(again(['needed', 'spurious', 'spurious'], '+0 B>A A 1(0) ack 3001 win 500 id 3'))
  })

  it('may have told of the window where that is another one', () => {
    expectVerdicts(again(['needed', 'needed', 'spurious'], '+0 B>A A 1(0) ack 3001 win 600 id 3'))
  })
})

describe('a SYN that came before the one sent again, late', () => {
  const asked = (verdict: string, answer: string): string => `
      ids
      +0    A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s   A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn, ${verdict}
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +0    A>B A  1(0) ack 1 <ts 1120 900>
      +0    A>B PA 1(100) ack 1 <ts 1120 900>
      ${answer}
    `
  const ANSWER = '+20ms B>A A  1(0) ack 101 id 7 <ts 920 1120>'

  it('is answered with an ACK as long as the handshake lasts, the SYN that came in time, doubled, with a SYN-ACK', () => {
    expectVerdicts(asked('spurious', '+1ms B>A A 1(0) ack 1 id 0 <ts 901 1100>'))
    expectVerdicts(asked('needed', '+1ms B>A A 1(0) ack 1 id 0 <ts 901 1120>'))
  })

  it('is not told of by a connection that has got nothing newer than the SYN', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s   A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn, needed
      +500us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +0    A>B A  1(0) ack 1 <ts 1100 900>
      +200us B>A A 1(0) ack 1 id 5 <ts 900 1100>
    `)
  })

  it('is answered by the connection with an ACK of what it got since', () => {
    expectVerdicts(asked('needed', ANSWER))
    expectVerdicts(asked('spurious', `${ANSWER}\n+5ms B>A A 1(0) ack 101 <ts 925 1120>`))
    // From TIME-WAIT, where a FIN may have been doubled.
    expectVerdicts(asked('needed', `${ANSWER}\n+5ms B>A A 1(0) ack 101 id 0 <ts 925 1120>`))
  })
})

describe('a time-out whose answer echoes what was sent first', () => {
  /** Both segments are repeated; `options` of the SYNs, and what A sends and is answered then. */
  const repeated = (options: string, verdicts: readonly string[], after: string): string => `
      ids
      +0     A>B S  0(0)          <mss 1460, ${options}ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, ${options}ts 900 100>
      +0     A>B A  1(0) ack 1       <ts 120 900>
      +1ms   A>B A  1(1000) ack 1    <ts 121 900>
      +0     A>B PA 1001(1000) ack 1 <ts 121 900>
      +250ms A>B A  1(1000) ack 1    <ts 371 900> ; rto, ${verdicts[0]}
      +0     A>B PA 1001(1000) ack 1 <ts 371 900> ; rto, ${verdicts[1]}
      ${after}
    `
  const twice = (echo: number): string => `+20ms B>A A 1(0) ack 2001 <ts 1170 ${echo}>
      +5ms  B>A A 1(0) ack 2001 <ts 1175 ${echo}>`

  it('was not needed for the rest either, of which a second answer tells', () => {
    expectVerdicts(repeated('', ['spurious', 'spurious'], twice(121)))
  })

  it('may have been needed, and doubled by the network, where both answers echo it', () => {
    expectVerdicts(repeated('', ['needed', 'needed'], twice(371)))
  })

  it('is not told of by an echo of what was sent in the same tick, once that is acknowledged', () => {
    const answers = `+0 A>B PA 2001(1000) ack 1 <ts 371 900>
      +20ms B>A A 1(0) ack 2001 <ts 1170 121>
      +0    B>A A 1(0) ack 3001 <ts 1170 371>
      +5ms  B>A A 1(0) ack 3001 <ts 1175 371>`
    expectVerdicts(repeated('sackOK, ', ['spurious', 'needed'], answers))
  })
})

describe('a DSACK of more than one repetition', () => {
  const asked = (verdicts: readonly string[], dsack: string): string => `
      ids
      +0    A>B S  0(0)       <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1
      +1ms  A>B A  1(1000)    ack 1
      +0    A>B A  1001(1000) ack 1
      +0    A>B PA 2001(500)  ack 1
      +60ms A>B PA 2001(500)  ack 1 ; tlp, ${verdicts[0]}
      +20ms B>A A  1(0) ack 1 <sack 2001:2501>
      +1ms  A>B A  1(1000)    ack 1 ; fast, ${verdicts[1]}
      +0    A>B A  1001(1000) ack 1 ; fast, ${verdicts[2]}
      +25ms B>A A  1(0) ack 2501
      +1ms  B>A A  1(0) ack 2501 <sack ${dsack}>
    `

  it('is of each that it holds, whichever was sent first: a receiver merges what came at once', () => {
    expectVerdicts(asked(['spurious', 'spurious', 'spurious'], '1:2501'))
    expectVerdicts(asked(['spurious', 'needed', 'spurious'], '1001:2501'))
  })

  it('is of nothing outside of it', () => {
    expectVerdicts(asked(['needed', 'needed', 'spurious'], '1001:2001'))
    expectVerdicts(asked(['spurious', 'needed', 'needed'], '2001:2501'))
  })
})

describe('a DSACK behind an ACK that echoes what a timer sent again', () => {
  /** A probe, a first answer that echoes `echo`, and `wait` later a DSACK. */
  const probed = (verdict: string, echo: number, wait: string): string => `
      ids
      +0     A>B S  0(0)          <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1       <ts 120 900>
      +1ms   A>B PA 1(200) ack 1     <ts 121 900>
      +250ms A>B PA 1(200) ack 1     <ts 371 900> ; tlp, ${verdict}
      +20ms  B>A A  1(0) ack 201     <ts 1170 ${echo}>
      ${wait} B>A A 1(0) ack 201     <ts 1175 371, sack 1:201>
    `

  it('is of what the network doubled if it comes within a round trip: the original had not come for so long', () => {
    expectVerdicts(probed('needed', 371, '+5ms'))
  })

  it('is of an original that is late if it comes later, or was echoed first', () => {
    expectVerdicts(probed('spurious', 371, '+40ms'))
    expectVerdicts(probed('spurious', 121, '+5ms'))
  })

  it('is of an original that is late if no timer sent the repetition: it was not waited for long', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0)          <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1       <ts 120 900>
      +1ms   A>B A  1(1000) ack 1    <ts 121 900>
      +0     A>B PA 1001(1000) ack 1 <ts 121 900>
      +20ms  B>A A  1(0) ack 1       <ts 941 120, sack 1001:2001>
      +5ms   A>B A  1(1000) ack 1    <ts 146 941> ; fast, spurious
      +20ms  B>A A  1(0) ack 2001    <ts 966 146>
      +5ms   B>A A  1(0) ack 2001    <ts 971 146, sack 1:1001>
    `)
  })

  it('is of each that came where what was sent later came twice, too', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0)          <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1       <ts 120 900>
      +1ms   A>B PA 1(200) ack 1     <ts 121 900>
      +250ms A>B PA 1(200) ack 1     <ts 371 900> ; tlp, spurious
      +250ms A>B PA 1(200) ack 1     <ts 621 900> ; rto, spurious
      +20ms  B>A A  1(0) ack 201     <ts 1420 371, sack 1:201>
      +1us   B>A A  1(0) ack 201     <ts 1420 621, sack 1:201>
    `)
  })
})
