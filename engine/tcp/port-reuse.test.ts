import { describe, expect, it } from 'vitest'
import { expectLabels } from '../../test/support/expect-labels.ts'

describe('a SYN on known ports', () => {
  it('begins another conversation if its sequence number is another', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1ms B>A SA 0(0)     ack 1
      +1ms A>B A  1(0)     ack 1
      +1ms A>B S  7000(0)          ; reused ports, stream 1
      +1ms B>A SA 9000(0) ack 7001 ; acks 4, stream 1
      +1ms A>B A  7001(0) ack 9001 ; acks 5, initial 2ms
    `)
  })

  it('is a retransmission if it has the same', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1s  A>B S  0(0)             ; retransmission, stream 0
    `)
  })

  it('begins another conversation even then, if the old one was ended by FIN or RST', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1ms B>A RA 0(0) ack 1       ; acks 1
      +1s  A>B S  0(0)             ; reused ports, stream 1
      +1ms B>A SA 0(0) ack 1       ; stream 1
      +1ms B>A FA 1(0) ack 1
      +1s  A>B S  0(0)             ; reused ports, stream 2
    `)
  })

  it('does not after a FIN without ACK', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1ms A>B F  1(0)
      +1s  A>B S  0(0)             ; retransmission, stream 0
    `)
  })

  it('is not told from its first copy by a reset that came before both', () => {
    expectLabels(`
      +0   B>A R  1(0)
      +1ms A>B S  0(0)             ; stream 0
      +1s  A>B S  0(0)             ; retransmission, stream 0
    `)
  })

  it('goes back behind the sequence number of a reset', () => {
    // The second SYN would not be next otherwise, but lie far below.
    expectLabels(`
      +0   A>B S  0(0)
      +1ms B>A SA 0(0) ack 1
      +1ms A>B A  500(0) ack 1     ; lost segment
      +1s  A>B S  0(0)             ; retransmission
      +1ms A>B A  1(100) ack 1
    `)
  })

  it('belongs to the conversation that other packets began, if it fits before them', () => {
    expectLabels(`
      +0   B>A A  1(0) ack 1
      +1ms A>B S  0(0)             ; stream 0
      +1ms B>A SA 0(0) ack 1       ; out of order, stream 0
    `)
  })

  it('comes from the endpoint that is A of the new conversation', () => {
    const { conversations } = expectLabels(`
      +0   A>B S  0(0)
      +1ms B>A S  0(0)
      +1ms B>A S  9000(0)          ; reused ports, stream 1
    `)
    expect(conversations.count).toBe(2)
    expect([conversations.portA[0], conversations.portA[1]]).toEqual([40000, 80])
  })
})

describe('a SYN-ACK on known ports', () => {
  it('begins another conversation if its sequence number is another', () => {
    expectLabels(`
      +0   A>B S  0(0)
      +1ms B>A SA 0(0)     ack 1
      +1s  B>A SA 9000(0)  ack 1   ; reused ports, stream 1
      +1ms A>B A  1(0)     ack 9001
    `)
  })
})

describe('ports without a visible SYN', () => {
  it('stay one conversation, however long the pause', () => {
    expectLabels(`
      +0      A>B A 1(100)     ack 1
      +86400s A>B A 900001(10) ack 1 ; lost segment, stream 0
    `)
  })
})
