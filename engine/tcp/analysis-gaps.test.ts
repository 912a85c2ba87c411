import { describe, it } from 'vitest'
import { expectLabels } from '../../test/support/expect-labels.ts'

describe('an ACK of what was not seen', () => {
  it('is labelled each time it moves on', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 201 ; ack lost segment
      +1ms B>A A 1(0) ack 201 ; duplicate ack 1 of 2
      +1ms B>A A 1(0) ack 301 ; ack lost segment
    `)
  })

  it('is not, if nothing of the other side was seen at all', () => {
    expectLabels(`
      +0   B>A A 1(0) ack 201
      +1ms B>A A 1(0) ack 301
    `)
  })

  it('needs the ACK flag', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A P 1(10) ack 201
    `)
  })

  it('is one only up to the hole, not for the segments behind it that follow on', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 201(100) ack 1 ; lost segment
      +1ms A>B A 301(100) ack 1
      +1ms B>A A 1(0) ack 201   ; ack lost segment
      +1ms B>A A 1(0) ack 401
      +1ms B>A A 1(0) ack 402   ; ack lost segment
    `)
  })

  it('stops at the first of those segments that was seen out of order', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 201(50) ack 1  ; lost segment
      +1ms A>B A 301(50) ack 1  ; lost segment
      +1ms A>B A 251(50) ack 1  ; retransmission
      +1ms B>A A 1(0) ack 201   ; ack lost segment
      +1ms B>A A 1(0) ack 251
      +1ms B>A A 1(0) ack 301   ; ack lost segment
      +1ms B>A A 1(0) ack 351
    `)
  })

  it('is one for each ACK into the middle of a segment behind the hole', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 201(100) ack 1 ; lost segment
      +1ms B>A A 1(0) ack 251   ; ack lost segment, partial ack
      +1ms B>A A 1(0) ack 301   ; ack lost segment, acks 2
    `)
  })
})

describe('what cannot be analysed', () => {
  it('has no labels where the options were cut, but is known to later packets', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms B>A A 1(0)   ack 101
      +1ms B>A A 1(0)   ack 101 <ts 1 1> snap 24
      +1ms B>A A 1(0)   ack 101 <ts 1 1>         ; duplicate ack 2 of 2
      +1ms A>B A 201(100) ack 1 <ts 1 1> snap 24 ; flight none
      +1ms A>B A 301(100) ack 1 <ts 1 1>         ; flight none
    `)
  })

  it('tells of the SACK blocks before the cut', () => {
    expectLabels(`
      +0   B>A A 1(0)     ack 1
      +1ms A>B A 1(100)   ack 1 ; flight 100
      +1ms A>B A 101(100) ack 1 ; flight 200
      +1ms B>A A 1(0)     ack 1 win 900 <sack 101:201 301:401> snap 33
      +1ms B>A A 1(0)     ack 1 win 800 <sack 101:201 301:401> snap 28
      +1ms B>A A 1(0)     ack 1 win 800 ; duplicate ack 3 of 1
      +1ms B>A A 1(0)     ack 1 win 800 <sack 101:201 301:401> snap 33
      +1ms A>B A 201(100) ack 1 ; flight 200
    `)
  })

  it('is not a SYN without window scale because its options were cut', () => {
    expectLabels(`
      +0   A>B S  0(0)          <mss 1460, wscale 2> snap 25
      +1ms B>A SA 0(0)    ack 1 <mss 1460, wscale 2> snap 25
      +1ms A>B A  1(0)    ack 1 win 500
      +1ms B>A A  1(500)  ack 1
      +0   A>B S  9000(0)       <mss 1460> ; reused ports
      +1ms B>A SA 0(0) ack 9001 <mss 1460>
      +1ms A>B A  9001(0) ack 1 win 500
      +1ms B>A A  1(500)  ack 9001 ; window full
    `)
  })

  it('is a segment shorter than its header by the IP length', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms A>B A 301(100) ack 1 ip-length 30
      +1ms A>B A 101(100) ack 1
    `)
  })

  it('takes the SACK blocks with it', () => {
    expectLabels(`
      +0   B>A A 1(0)     ack 1
      +1ms A>B A 1(100)   ack 1                  ; flight 100
      +1ms B>A A 1(0)     ack 1 <sack 101:151>   ; duplicate ack 1 of 1
      +1ms A>B A 101(100) ack 1                  ; flight 150
      +1ms B>A A 1(0)     ack 1 <ts 1 1> ip-length 44
      +1ms A>B A 201(100) ack 1                  ; flight 300
    `)
  })

  it('is a fragment', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms A>B A 301(100) ack 1 fragment
      +1ms A>B A 101(100) ack 1
    `)
  })
})
