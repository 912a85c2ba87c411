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
