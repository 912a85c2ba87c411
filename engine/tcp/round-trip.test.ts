import { describe, it } from 'vitest'
import { expectLabels } from '../../test/support/expect-labels.ts'

describe('the segment that an ACK acknowledges', () => {
  it('is the one that ends at it; those below are dropped', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms A>B A 101(100) ack 1
      +1ms A>B A 201(100) ack 1
      +9ms B>A A 1(0)   ack 201     ; acks 2
      +9ms B>A A 1(0)   ack 301     ; acks 3
    `)
  })

  it('is the first copy of one that was sent again', () => {
    expectLabels(`
      +0     A>B A 1(100) ack 1
      +200ms A>B A 1(100) ack 1     ; retransmission
      +9ms   B>A A 1(0) ack 101     ; acks 1
      +9ms   B>A A 1(0) ack 101     ; duplicate ack 1 of 3, acks none
    `)
  })

  it('is the second copy, if the first was acknowledged before', () => {
    expectLabels(`
      +0     A>B A 1(100) ack 1
      +9ms   B>A A 1(0) ack 101     ; acks 1
      +200ms A>B A 1(100) ack 1     ; spurious retransmission
      +9ms   B>A A 1(0) ack 101     ; duplicate ack 1 of 2, acks 3
    `)
  })

  it('is the one that holds it, if it ends inside: a partial ACK', () => {
    expectLabels(`
      +0   A>B A 1(1000)  ack 1
      +1ms B>A A 1(0)   ack 501     ; partial ack, acks 1
      +1ms B>A A 1(0)  ack 1001     ; acks 1
    `)
  })

  it('is the older one of two that overlap, and only that one decides whether the ACK is partial', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms A>B A 100(200) ack 1
      +1ms B>A A 1(0)   ack 101     ; acks 1
      +1ms B>A A 1(0)   ack 299     ; partial ack, acks 2, ack lost segment
    `)
  })

  it('can be a SYN, a FIN or data with it, and the ACK can carry data', () => {
    expectLabels(`
      +0   A>B S  0(10)
      +1ms B>A SA 0(0) ack 11       ; acks 1
      +1ms A>B FA 11(10) ack 1      ; acks 2
      +1ms B>A A  1(50) ack 22      ; acks 3
    `)
  })

  it('needs no ACK flag, as far as the field fits', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A P 1(10) ack 101      ; acks 1
    `)
  })
})

describe('the initial round-trip time', () => {
  it('lasts from the last SYN to the first ACK without SYN of either side', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1s  A>B S  0(0)              ; retransmission, initial none
      +7ms B>A SA 0(0) ack 1        ; acks 1, initial none
      +2ms A>B A  1(0) ack 1        ; acks 3, initial 9ms
      +2s  A>B A  1(0) ack 1        ; duplicate ack 1 of 4, initial 9ms
    `)
  })

  it('is shown with other findings only', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +7ms B>A SA 0(0) ack 1
      +2ms A>B A  1(0) ack 1
      +0   A>B A  1(10) ack 1       ; initial 9ms
      +0   A>B RA 11(0) ack 1       ; initial none
    `)
  })

  it('is shown with bytes in flight that SACK blocks cancel', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +7ms B>A SA 0(0) ack 1
      +2ms A>B A  1(0) ack 1
      +1ms B>A A  1(0) ack 1 <sack 1:11>  ; duplicate ack 1 of 2
      +1ms A>B A  1(10) ack 1             ; initial 9ms, flight none
    `)
  })

  it('is known of a refused connection', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +3ms B>A RA 0(0) ack 1        ; acks 1, initial 3ms
    `)
  })

  it('is not known without a SYN', () => {
    expectLabels(`
      +0   B>A SA 0(0) ack 1
      +3ms A>B A 1(0) ack 1         ; acks 1, initial none
    `)
  })

  it('is still to come while it is nothing', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +0   B>A SA 0(0) ack 1
      +0   A>B A  1(0) ack 1        ; initial none
      +5ms A>B A  1(0) ack 1        ; duplicate ack 1 of 3, initial 5ms
    `)
  })
})

describe('bytes in flight', () => {
  it('reach from the lowest to the highest byte not acknowledged', () => {
    expectLabels(`
      +0   B>A A 1(0)     ack 1
      +1ms A>B A 1(100)   ack 1    ; flight 100
      +1ms A>B A 101(100) ack 1    ; flight 200
      +1ms B>A A 1(0)   ack 151    ; partial ack
      +1ms A>B A 201(100) ack 1    ; flight 150
      +1ms A>B A 151(50)  ack 1    ; flight 150, retransmission
      +1ms B>A A 1(0)   ack 301
      +1ms A>B A 301(10)  ack 1    ; flight 10
    `)
  })

  it('do not count SYN and FIN', () => {
    expectLabels(`
      +0   B>A A  1(0)   ack 1
      +1ms A>B FA 1(100) ack 1     ; flight 100
    `)
  })

  it('are reduced by the SACK blocks of the last packet of the other side', () => {
    expectLabels(`
      +0   B>A A 1(0)     ack 1
      +1ms A>B A 1(100)   ack 1
      +1ms A>B A 101(100) ack 1
      +1ms A>B A 201(100) ack 1
      +1ms B>A A 1(0) ack 1 <sack 101:201>  ; duplicate ack 1 of 1
      +1ms A>B A 301(100) ack 1    ; flight 300
      +1ms B>A A 1(0) ack 1        ; duplicate ack 2 of 1
      +1ms A>B A 401(100) ack 1    ; flight 500
    `)
  })

  it('are not known until the other side has sent an ACK', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1    ; flight none
      +1ms B>A A 1(0)     ack 1
      +1ms A>B A 101(100) ack 1    ; flight 200
    `)
  })

  it('are not known from a hole on until the other side has sent an ACK', () => {
    expectLabels(`
      +0   B>A A 1(0)     ack 1
      +1ms A>B A 1(100)   ack 1    ; flight 100
      +1ms A>B A 201(100) ack 1    ; flight none, lost segment
      +1ms A>B A 301(100) ack 1    ; flight none
      +1ms B>A A 1(0)     ack 1    ; duplicate ack 1 of 1
      +1ms A>B A 401(100) ack 1    ; flight 500
    `)
  })
})
