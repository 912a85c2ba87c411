import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

describe('handshakes seen on both sides of a router', () => {
  // The server answers twice within a tick of its timestamps: a SYN that the network doubled, as their TTLs tell, or one SYN-ACK that was forwarded.
  const FORWARDED = `
      +0    A>B S  0(0)       id 5 <mss 1460, sackOK, ts 100 0>
      +30us A>B S  0(0)       id 5 ttl 63 <mss 1460, sackOK, ts 100 0>  ; copy`

  it('calls a copy what has gone one hop further', () => {
    expectVerdicts(`${FORWARDED}
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +30us B>A SA 0(0) ack 1 id 0 ttl 63 <mss 1460, sackOK> ; copy
    `)
    expectVerdicts(`
      +0    A>B S  0(0)       id 5 <mss 1460, sackOK>
      +1ms  A>B S  0(0)       id 5 <mss 1460, sackOK>        ; copy
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +30us B>A SA 0(0) ack 1 id 0 ttl 63 <mss 1460, sackOK> ; copy
      +1ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>        ; synack
      +30us B>A SA 0(0) ack 1 id 0 ttl 63 <mss 1460, sackOK> ; copy
    `)
  })

  it('calls an answer what has not, where the SYN was doubled', () => {
    expectVerdicts(`${FORWARDED}
      +100us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +30us  B>A SA 0(0) ack 1 id 0 ttl 63 <mss 1460, sackOK, ts 900 100> ; copy
      +100us A>B S  0(0)       id 5 <mss 1460, sackOK, ts 100 0>         ; copy
      +30us  A>B S  0(0)       id 5 ttl 63 <mss 1460, sackOK, ts 100 0>  ; copy
      +100us B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>        ; synack
      +30us  B>A SA 0(0) ack 1 id 0 ttl 63 <mss 1460, sackOK, ts 900 100> ; copy
    `)
  })
})

describe('handshakes that were repeated', () => {
  it('knows a SYN-ACK that comes again after its ACK has passed for one that was not needed', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0    A>B A  1(0) ack 1 <ts 120 900>
      +5ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 905 100> ; synack, spurious
    `)
  })

  it('cannot tell of one that comes again before any ACK', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +1s   B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack, cannot tell
    `)
  })

  it('calls a SYN that its own repetition overtook reordered, by its IP ID', () => {
    expectVerdicts(`
      +0     A>B S  0(0) id 2 <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1 id 3
      +400ms A>B S  0(0) id 1 <mss 1460, sackOK> ; reordered
    `)
  })

  it('calls a SYN sent again, by its IP ID, though what was sent later overtook it', () => {
    expectVerdicts(`
      +0    A>B S  0(0)       id 1 <mss 1460, ts 100 0>
      +1s   B>A SA 0(0) ack 1      <mss 1460, ts 1900 100>
      +20ms A>B A  1(0) ack 1 id 3 <ts 1120 1900>
      +5ms  A>B S  0(0)       id 2 <mss 1460, ts 1100 0> ; syn, spurious
    `)
  })

  it('calls a SYN-ACK that its own repetition overtook reordered, by its timestamp', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100>
      +0     A>B A  1(0) ack 1 <ts 1120 1900>
      +200ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100> ; reordered
    `)
  })

  it('calls a SYN-ACK sent again, by its timestamp, though what was sent later overtook it', () => {
    const late = (first: number, second: number): string => `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts ${first} 100>
      +0     A>B A  1(0) ack 1 <ts 1120 ${first}>
      +30ms  B>A PA 1(100) ack 1 <ts 70000 1120>
      +200ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts ${second} 100>`
    expectVerdicts(`${late(900, 1900)} ; synack, spurious
    `)
    // The clock may pass the end of 16 bits between the two.
    expectVerdicts(`${late(65500, 66500)} ; synack, spurious
    `)
    expectVerdicts(`${late(1900, 900)} ; reordered
    `)
  })

  it('takes an earlier SYN, late, for the word that the one after, which passed here before, was not needed', () => {
    expectVerdicts(`
      +0     A>B S  0(0) id 1 <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) id 3 <mss 1460, sackOK, ts 1100 0> ; syn, spurious
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +0     A>B A  1(0) ack 1 id 4 <ts 1120 900>
      +200ms A>B S  0(0) id 2 <mss 1460, sackOK, ts 600 0>  ; syn, spurious
    `)
  })
})

describe('handshakes of which the first round trip of data tells more', () => {
  /** A SYN is sent again after `wait`, and `later` an answer comes that echoes the first one; then data is answered after `trip`. */
  const answered = (wait: string, later: string, verdicts: string, trip = '10ms', then = ''): void =>
    expectVerdicts(`
      ids
      +0       A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +${wait} A>B S  0(0) <mss 1460, sackOK, ts 1100 0>           ; syn, spurious
      +${later} B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100> ; ${verdicts}
      +0       A>B A  1(0) ack 1 <ts 1200 900>
      +0       A>B PA 1(100) ack 1 <ts 1200 900>
      +${trip} B>A A  1(0) ack 101 <ts 1300 1200>
      ${then}
    `)

  it('knows the first answer to a SYN, late, though the SYN was sent again', () => {
    answered('1s', '300ms', 'reordered')
    answered('1s', '90ms', 'reordered')
    // Late, but the timer had not struck yet.
    answered('500ms', '300ms', 'reordered')
  })

  it('takes for an answer sent again what comes a round trip after the second SYN', () => {
    answered('1s', '10ms', 'synack')
    answered('500ms', '18ms', 'synack')
  })

  it('takes for an answer sent again what comes when its timer sends it', () => {
    answered('1s', '40ms', 'synack')
    answered('500ms', '530ms', 'synack')
    answered('800ms', '400ms', 'synack', '200ms')
  })

  it('says it of nothing else that its sender repeats', () => {
    answered(
      '1s',
      '300ms',
      'reordered',
      '10ms',
      `
      +0     B>A PA 1(100)   ack 101 <ts 1300 1200>
      +300ms B>A PA 1(100)   ack 101 <ts 1600 1200> ; tlp
      +0     A>B PA 101(100) ack 1   <ts 1600 900>
      +10ms  B>A A  101(0)   ack 201 <ts 1610 1600>`,
    )
  })

  /** The server's timer repeats its SYN-ACK 6 ms before a second SYN makes it repeat it once more; the ACK comes `later`. */
  const acknowledged = (later: string, verdicts: string, answer = 'A 1(0)'): void =>
    expectVerdicts(`
      ids
      +0       A>B S  0(0) <mss 1460, sackOK>
      +0       B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +1s      B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK> ; synack
      +6ms     A>B S  0(0) <mss 1460, sackOK>            ; syn, spurious
      +0       B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK> ; ${verdicts}
      +${later} A>B ${answer} ack 1
      +0       B>A PA 1(100) ack 1
      +11ms    A>B A  1(0) ack 101
    `)

  it('knows that a SYN-ACK was needed though another was sent just before, by when the ACK comes', () => {
    acknowledged('11ms', 'synack, needed')
    acknowledged('5ms', 'synack, spurious')
    // Data may have waited for somebody to write it.
    acknowledged('11ms', 'synack, spurious', 'PA 1(50)')
  })
})
