import { describe, it } from 'vitest'
import { expectLabels } from '../../test/support/expect-labels.ts'

// An initial round-trip time of 20 ms: within it, counted from the other side's last packet, a segment may be late.
const HANDSHAKE = `
  +0    A>B S  0(0)       win 64000 <mss 1460, sackOK, wscale 7>
  +10ms B>A SA 0(0) ack 1 win 65000 <mss 1460, sackOK, wscale 8>
  +10ms A>B A  1(0) ack 1 win 500
`

describe('a segment sent again', () => {
  it('is a retransmission, and its time-out counts from the first copy', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +200ms A>B A 1(100) ack 1 ; retransmission, rto 4
      +400ms A>B A 1(100) ack 1 ; retransmission, rto 4
    `)
  })

  it('is one even a moment later, if it was seen and not acknowledged', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms  A>B A 1(100) ack 1
      +0    A>B A 101(100) ack 1
      +10us A>B A 1(100) ack 1 ; retransmission, rto 4
    `)
  })

  it('is one if only part of it was seen before', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms  A>B A 1(1000) ack 1
      +50ms A>B A 501(800) ack 1 ; retransmission
      +0    A>B A 501(100) ack 1 ; retransmission
    `)
  })

  it('is one where it was not captured the first time: then the time-out counts from what came after it', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +1ms   A>B A 201(100) ack 1 ; lost segment
      +200ms A>B A 101(100) ack 1 ; retransmission, rto 5
    `)
  })

  it('is one as a SYN, a SYN-ACK or a FIN', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1s  A>B S  0(0)         ; retransmission, rto 1
      +0   B>A SA 0(0) ack 1
      +1s  B>A SA 0(0) ack 1   ; retransmission, rto 3
      +0   A>B A  1(0) ack 1
      +0   A>B FA 1(0) ack 1
      +1s  A>B FA 1(0) ack 1   ; retransmission, rto 6
    `)
  })

  it('is none with new data behind a window probe', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 100(50) ack 1
    `)
  })

  it('is none if it takes up no sequence number', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 1(0)   ack 1
      +1ms A>B RA 1(0)  ack 1
    `)
  })
})

describe('a segment that was acknowledged already', () => {
  it('is a spurious retransmission', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101
      +1ms A>B A 1(100) ack 1 ; spurious retransmission, rto none
      +0   A>B A 51(50) ack 1 ; spurious retransmission
      +30ms A>B A 51(51) ack 1 ; retransmission
    `)
  })

  it('is one even if it was never seen before', () => {
    expectLabels(`
      +0   B>A A 1(0) ack 101
      +1ms A>B A 1(100) ack 1 ; spurious retransmission
    `)
  })

  it('is not known to be so while the other side has acknowledged nothing', () => {
    expectLabels(`
      isn A 4000000000
      +0   B>A S 0(0)
      +1ms A>B A 1(100) ack 1
    `)
  })

  it('is a plain one as a bare FIN', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms A>B FA 1(0) ack 1
      +1ms B>A A 1(0) ack 2
      +1s  A>B FA 1(0) ack 1 ; retransmission
    `)
  })

  it('takes precedence over fast and out of order', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101
      +1ms B>A A 1(0) ack 101 ; duplicate ack 1 of 5
      +1ms B>A A 1(0) ack 101 ; duplicate ack 2 of 5
      +1ms A>B A 1(100) ack 1 ; spurious retransmission
    `)
  })
})

describe('a fast retransmission', () => {
  const LOSS = `
    ${HANDSHAKE}
    +1ms  A>B A 1(100)   ack 1
    +0    A>B A 201(100) ack 1                      ; lost segment
    +0    A>B A 301(100) ack 1
    +0    A>B A 401(100) ack 1
    +0    A>B A 501(100) ack 1
    +10ms B>A A 1(0) ack 101
    +1ms  B>A A 1(0) ack 101                        ; duplicate ack 1 of 9
  `
  it('follows at least two duplicate ACKs of it within 20 ms', () => {
    expectLabels(`
      ${LOSS}
      +1ms    B>A A 1(0) ack 101     ; duplicate ack 2 of 9
      +19.9ms A>B A 101(100) ack 1   ; fast retransmission, rto none
      +0      A>B A 101(100) ack 1   ; fast retransmission
    `)
  })

  it('is none after 20 ms', () => {
    expectLabels(`
      ${LOSS}
      +1ms  B>A A 1(0) ack 101       ; duplicate ack 2 of 9
      +20ms A>B A 101(100) ack 1     ; retransmission
    `)
  })

  it('is none after one duplicate ACK, but late', () => {
    expectLabels(`
      ${LOSS}
      +1ms  A>B A 101(100) ack 1     ; out of order
    `)
  })

  it('is none of another segment than the one asked for, if there are no SACK blocks', () => {
    expectLabels(`
      ${LOSS}
      +1ms  B>A A 1(0) ack 101       ; duplicate ack 2 of 9
      +30ms A>B A 101(100) ack 1     ; retransmission
      +0    A>B A 301(100) ack 1     ; retransmission
    `)
  })

  it('is one of any hole between SACK blocks', () => {
    expectLabels(`
      ${LOSS}
      +1ms B>A A 1(0) ack 101 <sack 201:301>         ; duplicate ack 2 of 9
      +1ms B>A A 1(0) ack 101 <sack 501:601 201:301> ; duplicate ack 3 of 9
      +1ms A>B A 301(100) ack 1                      ; fast retransmission
      +0   A>B A 301(250) ack 1                      ; fast retransmission
      +0   A>B A 201(100) ack 1                      ; retransmission
    `)
  })

  it('is none if the last packet of the other side has no SACK blocks', () => {
    expectLabels(`
      ${LOSS}
      +1ms B>A A 1(0) ack 101 <sack 201:301>         ; duplicate ack 2 of 9
      +1ms B>A A 1(0) ack 101                        ; duplicate ack 3 of 9
      +1ms A>B A 301(100) ack 1                      ; retransmission
    `)
  })

  it('counts from any packet of the other side', () => {
    expectLabels(`
      ${LOSS}
      +1ms   B>A A 1(0) ack 101      ; duplicate ack 2 of 9
      +100ms B>A A 1(10) ack 101
      +1ms   A>B A 101(100) ack 1    ; fast retransmission
    `)
  })
})

describe('a late segment', () => {
  it('was overtaken by less than an initial round-trip time since the last packet of the other side', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms    A>B A 1(100)   ack 1
      +1ms    A>B A 201(100) ack 1        ; lost segment
      +1ms    B>A A 1(0)   ack 101
      +19.9ms A>B A 101(50) ack 1         ; out of order
      +0.1ms  A>B A 151(50) ack 1         ; retransmission
    `)
  })

  it('was overtaken by less than 3 ms, if that time is not known', () => {
    expectLabels(`
      +0     B>A A 1(0)     ack 1
      +1ms   A>B A 1(100)   ack 1
      +1ms   A>B A 201(100) ack 1         ; lost segment
      +0.9ms A>B A 101(50)  ack 1         ; out of order
      +0.1ms A>B A 151(50)  ack 1         ; retransmission
    `)
  })

  it('is not known where the other side never spoke', () => {
    expectLabels(`
      +0     A>B A 1(100)   ack 1
      +1ms   A>B A 201(100) ack 1         ; lost segment
      +1us   A>B A 101(50)  ack 1         ; retransmission
    `)
  })

  it('is not the one that was sent last, unless only an ACK overtook it', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms  A>B A 1(100)   ack 1
      +1ms  B>A A 1(100)   ack 101
      +1ms  A>B A 201(0)   ack 101        ; lost segment
      +1ms  A>B A 101(100) ack 101        ; out of order
      +1ms  A>B A 301(100) ack 101        ; lost segment
      +1ms  A>B A 300(101) ack 101        ; retransmission
    `)
  })

  it('is even then not told from an ACK if its length is a multiple of 256, as Wireshark keeps eight bits of it', () => {
    const again = (length: number, label: string) =>
      expectLabels(`
        ${HANDSHAKE}
        +1ms  A>B A 1(${length}) ack 1
        +0    A>B FA ${1 + length}(0) ack 1
        +10ms B>A A 1(0) ack ${2 + length}
        +1ms  A>B FA ${1 + length}(0) ack 1          ; ${label}
      `)
    again(1279, 'retransmission')
    again(1280, 'out of order')
  })

  it('was overtaken by less than 3 ms after a SYN at the time 0, which is no time to Wireshark', () => {
    expectLabels(`
      clock 0
      ${HANDSHAKE}
      +1ms    A>B A 101(100) ack 1        ; lost segment
      +1ms    B>A A 1(0)   ack 1          ; duplicate ack 1 of 2
      +2.9ms  A>B A 1(50)  ack 1          ; out of order
      +0.1ms  A>B A 51(50) ack 1          ; retransmission
    `)
  })

  it('is not known where the other side never spoke, unless the clock began at 0', () => {
    expectLabels(`
      clock 0
      +1ms   A>B A 1(100)   ack 1
      +1us   A>B A 201(100) ack 1         ; lost segment
      +1us   A>B A 101(50)  ack 1         ; out of order
    `)
  })

  it('is not a FIN with data in new pieces', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms  A>B A  1(60)  ack 1
      +0    A>B A  61(40) ack 1
      +0    A>B FA 101(0) ack 1
      +1ms  A>B FA 51(50) ack 1           ; retransmission
    `)
  })

  it('has all the time, if the clock was set back during the handshake', () => {
    expectLabels(`
      +0    A>B S  0(0)
      +10ms B>A SA 0(0) ack 1
      -30ms A>B A  1(0) ack 1
      +1ms  A>B A 101(100) ack 1          ; lost segment
      +9s   A>B A 1(50)    ack 1          ; out of order
    `)
  })

  it('may have come before the time of the other side, if the clock was set back', () => {
    expectLabels(`
      ${HANDSHAKE}
      +1ms  A>B A 1(100)   ack 1
      +1ms  A>B A 201(100) ack 1          ; lost segment
      +50ms B>A A 1(0)   ack 101
      -30ms A>B A 101(50) ack 1           ; out of order
    `)
  })

  it('may be a SYN-ACK that an ACK overtook', () => {
    expectLabels(`
      +0    A>B S  0(0)
      +1ms  B>A A  1(0) ack 1
      +0    A>B A  1(0) ack 1
      +.5ms B>A SA 0(0) ack 1             ; out of order
    `)
  })
})

describe('a reset with a sequence number far ahead', () => {
  it('makes what follows look sent again', () => {
    expectLabels(`
      +0    A>B A 1(100) ack 1
      +1ms  A>B RA 100001(0) ack 1
      +10ms A>B A 101(100) ack 1          ; retransmission
    `)
  })
})
