import { describe, it } from 'vitest'
import { expectLabels } from '../../test/support/expect-labels.ts'

describe('a clean connection', () => {
  it('has no labels from SYN to the last ACK', () => {
    expectLabels(`
      +0    A>B S  0(0)            win 64000 <mss 1460, sackOK, wscale 7>
      +10ms B>A SA 0(0)      ack 1 win 65000 <mss 1460, sackOK, wscale 8>  ; acks 1, scaled 65000
      +10ms A>B A  1(0)      ack 1 win 500                                 ; acks 2, scaled 64000
      +1ms  A>B PA 1:101(100) ack 1                                        ; flight 100
      +10ms B>A A  1(0)    ack 101 win 250                                 ; acks 4, scaled 64000
      +50ms B>A PA 1(1000) ack 101                                         ; flight 1000
      +10ms A>B A  101(0) ack 1001                                         ; acks 6
      +1ms  A>B FA 101(0) ack 1001
      +10ms B>A FA 1001(0) ack 102                                         ; acks 8
      +10ms A>B A  102(0) ack 1002                                         ; acks 9
    `)
  })

  it('may cross the end of the sequence space', () => {
    expectLabels(`
      isn A 4294967200 B 4294967290
      +0    A>B S  0(0)           <wscale 0>
      +1ms  B>A SA 0(0)     ack 1 <wscale 0>
      +1ms  A>B A  1(0)     ack 1
      +1ms  A>B PA 1(200)   ack 1   ; flight 200
      +1ms  B>A PA 1(50)  ack 201   ; acks 4, flight 50
      +1ms  A>B A  201(0)  ack 51   ; acks 5
    `)
  })
})

describe('a segment beyond what is next', () => {
  it('means that one was not captured', () => {
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms A>B A 201(100) ack 1 ; lost segment
      +1ms A>B A 301(100) ack 1
    `)
  })

  it('means it for a pure ACK too, but not for a reset', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 201(0) ack 1 ; lost segment
      +1ms A>B RA 500(0) ack 1
    `)
  })

  it('means nothing for the first packet', () => {
    expectLabels(`+0 A>B A 5000(100) ack 1`)
  })
})

describe('keep-alives', () => {
  it('have no payload or one byte, just before what is next, and are answered', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101
      +60s A>B A 100(0) ack 1       ; keep alive
      +1ms B>A A 1(0) ack 101       ; keep alive ack
      +60s A>B A 100(1) ack 1       ; keep alive
      +1ms B>A A 1(0) ack 101       ; keep alive ack
    `)
  })

  it('hide the retransmission of a single byte', () => {
    expectLabels(`
      +0     A>B A  1(10) ack 1
      +1ms   B>A A  1(0) ack 11
      +1s    A>B PA 11(1) ack 1
      +200ms A>B PA 11(1) ack 1     ; keep alive
    `)
  })

  it('are never SYN, FIN or RST', () => {
    expectLabels(`
      +0   A>B A  1(100) ack 1
      +1ms A>B FA 100(0) ack 1       ; retransmission
      +1ms A>B RA 100(0) ack 1
    `)
  })

  it('have an answer only if the window did not change; else it is a window update', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101 win 500
      +60s A>B A 100(0) ack 1           ; keep alive
      +1ms B>A A 1(0) ack 101 win 600   ; window update
    `)
  })
})

describe('duplicate ACKs', () => {
  it('are counted from the original until the acknowledgment moves', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101
      +1ms B>A A 1(0) ack 101 ; duplicate ack 1 of 2
      +1ms B>A A 1(0) ack 101 ; duplicate ack 2 of 2
      +1ms A>B A 101(100) ack 1
      +1ms B>A A 1(0) ack 201
      +1ms B>A A 1(0) ack 201 ; duplicate ack 1 of 6
    `)
  })

  it('need no data outstanding', () => {
    expectLabels(`
      +0   A>B A 1(0) ack 1
      +1ms A>B A 1(0) ack 1 ; duplicate ack 1 of 1
    `)
  })

  it('are window updates instead if the window changed, and do not count then', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101 win 500
      +1ms B>A A 1(0) ack 101 win 501 ; window update
      +1ms B>A A 1(0) ack 101 win 501 ; duplicate ack 1 of 2
    `)
  })

  it('are not window updates if they carry SACK blocks, and do count then', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101 win 500
      +1ms B>A A 1(0) ack 101 win 501 <sack 201:301> ; duplicate ack 1 of 2
      +1ms B>A A 1(0) ack 101 win 502 <sack 201:401> ; duplicate ack 2 of 2
    `)
  })

  it('may carry a SACK option without a whole block', () => {
    // With acknowledgment numbers below 2 ** 31 tshark reads past such an option's end and gives up on the packet.
    expectLabels(`
      isn A 3000000000
      +0   A>B A 1(100)   ack 1
      +1ms B>A A 1(0)   ack 101
      +1ms B>A A 1(0)   ack 101 <short-sack>          ; duplicate ack 1 of 2
      +1ms B>A A 1(0)   ack 101 win 2000 <short-sack> ; duplicate ack 2 of 2
    `)
    expectLabels(`
      +0   A>B A 1(100)   ack 1
      +1ms B>A A 1(0)   ack 101
      +1ms B>A A 1(0)   ack 101 <short-sack>
      +1ms B>A A 1(0)   ack 101 win 2000              ; window update
    `)
  })

  it('carry no payload and stand at the next sequence number', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms A>B A 101(100) ack 1
      +1ms A>B A 1(0) ack 1
    `)
  })
})

describe('zero windows', () => {
  it('are told from plain packets only', () => {
    expectLabels(`
      +0   A>B A  1(100)   ack 1
      +1ms B>A A  1(0)   ack 101 win 0 ; zero window
      +1ms B>A A  1(0)   ack 101 win 0 ; zero window
      +1ms B>A RA 1(0)   ack 101 win 0
    `)
  })

  it('are probed with one byte, which the receiver refuses and the sender sends again', () => {
    expectLabels(`
      +0     A>B A 1(100) ack 1
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window
      +200ms A>B A 101(1) ack 1       ; zero window probe
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window, zero window probe ack
      +400ms A>B A 101(1) ack 1       ; zero window probe
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window, zero window probe ack
      +50ms  B>A A 1(0) ack 101 win 8 ; window update
      +1ms   A>B A 101(100) ack 1
    `)
  })

  it('are not probed by an ACK without payload', () => {
    expectLabels(`
      +0   A>B A 1(100) ack 1
      +1ms B>A A 1(0) ack 101 win 0 ; zero window
      +1ms A>B A 101(0) ack 1       ; duplicate ack 1 of 1
    `)
  })

  it('are probed with a keep-alive by Linux', () => {
    expectLabels(`
      +0     A>B A 1(100) ack 1
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window
      +200ms A>B A 100(0) ack 1       ; keep alive
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window
    `)
  })

  it('may end with the byte of the probe taken', () => {
    expectLabels(`
      +0     A>B A 1(100) ack 1
      +1ms   B>A A 1(0) ack 101 win 0 ; zero window
      +200ms A>B A 101(1) ack 1       ; zero window probe
      +1ms   B>A A 1(0) ack 102 win 0 ; zero window, zero window probe ack, acks 3
      +200ms A>B A 102(1) ack 1       ; zero window probe
      +1ms   B>A A 1(0) ack 103 win 9 ; window update, acks 5
      +1ms   A>B A 103(100) ack 1
    `)
  })

  it('count the window of a reset for the probe', () => {
    expectLabels(`
      +0   B>A RA 1(0) ack 1 win 0
      +1ms A>B A  1(0) ack 1
      +1ms A>B A  1(1) ack 1 ; zero window probe
    `)
  })

  it('spare a probe all other labels', () => {
    expectLabels(`
      +0   B>A A 1(0) ack 1 win 0   ; zero window
      +1ms A>B A 1(100) ack 1
      +1ms A>B A 101(1) ack 1 win 0 ; zero window probe
    `)
  })
})

describe('a full window', () => {
  const handshake = `
    +0   A>B S  0(0)       win 1000 <wscale 2>
    +1ms B>A SA 0(0) ack 1 win 1000 <wscale 1>
    +1ms A>B A  1(0) ack 1 win 1000
  `
  it('is reached exactly, with the scale of both SYNs', () => {
    expectLabels(`
      ${handshake}
      +1ms B>A A 1(3999)    ack 1 win 500
      +1ms B>A A 4000(1)    ack 1 ; window full
      +1ms B>A A 4001(1000) ack 1
      +1ms A>B A 1(1000)    ack 5001 ; window full
    `)
  })

  it('is not scaled before the first ACK without SYN', () => {
    expectLabels(`
      +0   A>B S  0(0)       win 1000 <wscale 2>
      +1ms B>A SA 0(0) ack 1 win 1000 <wscale 1>
      +1ms A>B A  1(1000) ack 1 win 1000 ; window full
    `)
  })

  it('is not scaled again after a repeated SYN-ACK', () => {
    expectLabels(`
      ${handshake}
      +1ms B>A A  1(0) ack 1 win 500       ; window update
      +1ms B>A SA 0(0) ack 1 win 300 <wscale 1> ; retransmission
      +1ms A>B A  1(300) ack 1             ; window full
    `)
  })

  it('stays unscaled after it until a packet with ACK', () => {
    expectLabels(`
      ${handshake}
      +1ms B>A SA 0(0)   ack 1 win 300 <wscale 1> ; out of order
      +1ms B>A P  1(1)   ack 1
      +1ms A>B A  1(300) ack 2                    ; window full
      +1ms B>A A  2(1)   ack 1
      +1ms A>B A  1(600) ack 3                    ; out of order, window full
    `)
  })

  it('can only be told if the scale is known', () => {
    expectLabels(`
      +0   A>B A 1(0) ack 1 win 1000
      +1ms B>A A 1(1000) ack 1
    `)
  })

  it('is not scaled if one SYN has no scale', () => {
    expectLabels(`
      +0   A>B S  0(0)       win 1000 <wscale 2>
      +1ms B>A SA 0(0) ack 1 win 1000
      +1ms A>B A  1(0) ack 1 win 1000    ; scaled 1000
      +1ms B>A A  1(1000) ack 1 win 1000 ; window full, scaled 1000
    `)
    expectLabels(`
      +0   A>B S  0(0)       win 1000
      +1ms B>A SA 0(0) ack 1 win 1000 <wscale 2>
      +1ms A>B A  1(0) ack 1 win 1000    ; scaled 1000
      +1ms B>A A  1(1000) ack 1 win 1000 ; window full, scaled 1000
    `)
  })
})
