import { describe, expect, it } from 'vitest'
import { ingestScenario } from '../../test/support/expect-labels.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'

function connectionAfter(text: string) {
  return ingestScenario(parseScenario(text)).tcp.connection(0)
}

/** Milliseconds lost, by cause; only the causes that cost something. */
function lostMs(text: string): Record<string, number> {
  const { lostNs } = connectionAfter(text)
  const lost = Object.entries(lostNs).filter(([, ns]) => ns > 0)
  return Object.fromEntries(lost.map(([cause, ns]) => [cause, ns / 1e6]))
}

const HANDSHAKE = `
  +0    A>B S  0(0)       win 64000 <wscale 7>
  +10ms B>A SA 0(0) ack 1 win 65000 <wscale 8>
  +10ms A>B A  1(0) ack 1 win 500
`

describe('the state of a connection', () => {
  it.each([
    ['syn-sent', '+0 A>B S 0(0)'],
    ['syn-received', '+0 A>B S 0(0)\n +1ms B>A SA 0(0) ack 1'],
    ['established', HANDSHAKE],
    ['established', '+0 A>B S 0(0)\n +1ms B>A A 1(10) ack 1'],
    ['mid-stream', '+0 A>B A 1(100) ack 1\n +1ms B>A A 1(100) ack 101'],
    ['closing', `${HANDSHAKE} +1ms A>B FA 1(0) ack 1`],
    ['closing', `${HANDSHAKE} +1ms A>B FA 1(0) ack 1\n +1ms B>A FA 1(0) ack 2`],
    ['closed', `${HANDSHAKE} +1ms A>B FA 1(0) ack 1\n +1ms B>A FA 1(0) ack 2\n +1ms A>B A 2(0) ack 2`],
    ['closed', '+0 A>B FA 1(0) ack 1\n +1ms B>A FA 1(0) ack 2\n +1ms A>B A 2(0) ack 2'],
    ['reset', `${HANDSHAKE} +1ms B>A RA 1(0) ack 1`],
    ['refused', '+0 A>B S 0(0)\n +1ms B>A RA 0(0) ack 1'],
  ])('is %s', (state, text) => {
    expect(connectionAfter(text).state).toBe(state)
  })
})

describe('the cause of a reset', () => {
  it.each([
    ['refused', 'nobody listens', '+0 A>B S 0(0)\n +1ms B>A RA 0(0) ack 1'],
    ['refused', 'the SYN was not captured', 'isn B 0\n +0 B>A RA 0(0) ack 1'],
    [
      'after-fin',
      'the other end had closed',
      `${HANDSHAKE} +1ms B>A FA 1(0) ack 1\n +1ms A>B PA 1(10) ack 2\n +1ms B>A R 2(0)`,
    ],
    ['data-unread', 'data just came', `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A RA 1(0) ack 11`],
    [
      'data-unread',
      'data was acknowledged a moment ago',
      `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A A 1(0) ack 11\n +998ms B>A RA 1(0) ack 11`,
    ],
    [
      'data-unread',
      'an answer was given while the request was still coming',
      `${HANDSHAKE} +1ms A>B A 1(1000) ack 1\n +0 A>B A 1001(1000) ack 1\n +1ms B>A PA 1(10) ack 1001\n +0 B>A RA 11(0) ack 1001`,
    ],
    [
      'mid-stream',
      'data had been acknowledged long ago',
      `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A A 1(0) ack 11\n +2s B>A RA 1(0) ack 11`,
    ],
    [
      'mid-stream',
      'all was answered',
      `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A PA 1(10) ack 11\n +1ms B>A RA 11(0) ack 11`,
    ],
    [
      'data-unread',
      'what lay unread was thrown away, which opens the window, though something was answered',
      `${HANDSHAKE} +1ms A>B A 1(1000) ack 1\n +1ms B>A PA 1(10) ack 1001 win 900\n +1ms B>A RA 11(0) ack 1001 win 1000`,
    ],
    [
      'mid-stream',
      'the window is as it was',
      `${HANDSHAKE} +1ms A>B A 1(1000) ack 1\n +1ms B>A PA 1(10) ack 1001 win 1000\n +1ms B>A RA 11(0) ack 1001 win 1008`,
    ],
    [
      'mid-stream',
      'a client aborts once it has its answer',
      `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A PA 1(10) ack 11\n +1ms A>B RA 11(0) ack 11`,
    ],
    ['unknown-connection', 'the RST only mirrors the ACK', `${HANDSHAKE} +60s A>B PA 1(10) ack 1\n +1ms B>A R 1(0)`],
    [
      'unknown-connection',
      'the RST mirrors an ACK before the last',
      `${HANDSHAKE} +1ms B>A A 1(10) ack 1\n +0 B>A A 11(10) ack 1\n +0 A>B A 1(0) ack 11\n +0 A>B A 1(0) ack 21\n +1ms B>A R 11(0)`,
    ],
    ['unknown-connection', 'to an unexpected SYN-ACK', '+0 A>B S 0(0)\n +1ms B>A SA 0(0) ack 1\n +1ms A>B R 1(0)'],
  ])('is %s: %s', (cause, _, text) => {
    expect(connectionAfter(text).resetCause).toBe(cause)
  })

  const ANSWERED = `
    +0    A>B S  0(0)
    +10ms B>A SA 0(0) ack 1 ttl 63
    +10ms A>B A  1(0) ack 1
    +1ms  A>B PA 1(10) ack 1
    +10ms B>A PA 1(10) ack 11 ttl 63
    +1ms  A>B PA 11(10) ack 11`
  it.each([
    ['injected', 'a router nearer by rejects data', `${ANSWERED}\n +1ms B>A R 11(0) ttl 64`],
    ['injected', 'a router farther off', `${ANSWERED}\n +1ms B>A RA 11(0) ack 21 ttl 62`],
    ['injected', 'in the client’s name', `${ANSWERED}\n +1ms A>B R 21(0) ttl 254`],
    ['injected', 'after one end had closed', `${ANSWERED}\n +0 A>B FA 21(0) ack 11\n +1ms B>A R 11(0) ttl 64`],
    ['injected', 'data right after the handshake', `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A R 1(0) ttl 61`],
    ['unknown-connection', 'the peer itself, without its connection', `${ANSWERED}\n +1ms B>A R 11(0) ttl 63`],
    ['data-unread', 'the peer itself, with its connection', `${ANSWERED}\n +1ms B>A RA 11(0) ack 21 ttl 63`],
    ['data-unread', 'as far away, with another initial TTL', `${ANSWERED}\n +1ms B>A RA 11(0) ack 21 ttl 127`],
    [
      'unknown-connection',
      'the peer’s packets come on paths of different length',
      `${ANSWERED}\n +9ms B>A A 11(0) ack 21 ttl 62\n +9ms A>B PA 21(9) ack 11\n +1ms B>A R 11(0) ttl 64`,
    ],
    [
      'unknown-connection',
      'a program set the TTL of its packets, not that of resets',
      '+0 A>B A 1(9) ack 1\n +0 B>A A 1(9) ack 10 ttl 1\n +9s A>B A 10(9) ack 10\n +1ms B>A R 10(0) ttl 64',
    ],
    [
      'data-unread',
      'a proxy had answered the SYN for its server',
      `${HANDSHAKE} +1ms A>B PA 1(10) ack 1\n +1ms B>A RA 1(0) ack 11 ttl 61`,
    ],
    ['unknown-connection', 'a scanner’s system', '+0 A>B S 0(0) ttl 41\n +1ms B>A SA 0(0) ack 1\n +0 A>B R 1(0)'],
    [
      'after-fin',
      'both had closed',
      `${ANSWERED}\n +0 B>A FA 11(0) ack 21 ttl 63\n +0 A>B FA 21(0) ack 12\n +1ms B>A R 12(0) ttl 64`,
    ],
  ])('is %s by its TTL: %s', (cause, _, text) => {
    expect(connectionAfter(text).resetCause).toBe(cause)
  })

  // The ACK of what B sent is rejected on its way back, in B's name.
  const REJECTED = `${HANDSHAKE}\n +1ms B>A PA 1(10) ack 1\n +9ms A>B A 1(0) ack 11\n +1ms B>A R 11(0)`
  const ABORTED = `${HANDSHAKE}\n +1ms B>A PA 1(10) ack 1\n +9ms A>B PA 1(10) ack 1\n +9ms B>A RA 11(0) ack 1`
  it.each([
    ['injected', 'sends what is next, at once', `${REJECTED}\n +20us B>A PA 11(90) ack 1`],
    ['injected', 'sends again what was lost', `${REJECTED}\n +1s B>A A 1(10) ack 1`],
    ['injected', 'asks whether anybody is there', `${REJECTED}\n +10s B>A A 10(0) ack 1`],
    ['injected', 'sends on after a reset with an ACK', `${ABORTED}\n +2ms B>A PA 11(90) ack 1`],
    ['unknown-connection', 'nothing comes', `${REJECTED}\n +10s A>B A 1(0) ack 11`],
    ['unknown-connection', 'what it had sent before was overtaken', `${REJECTED}\n +20us B>A A 1(10) ack 1`],
    [
      'unknown-connection',
      'a scanner goes on that its system knows nothing of',
      '+0 A>B S 0(0)\n +1ms B>A SA 0(0) ack 1\n +1ms A>B R 1(0)\n +9s A>B PA 1(109) ack 1',
    ],
    ['unknown-connection', 'another reset', `${REJECTED}\n +10s B>A R 11(0)`],
    ['unknown-connection', 'a new connection', `${REJECTED}\n +5s A>B S 0(0)\n +1ms B>A SA 0(0) ack 1`],
    ['data-unread', 'the window was full: data behind the reset’s number', `${ABORTED}\n +20us B>A PA 11(90) ack 1`],
  ])('is %s by what its end does afterwards: %s', (cause, _, text) => {
    expect(connectionAfter(text).resetCause).toBe(cause)
  })

  it('is that of the first; the others are counted', () => {
    const { resets, resetCause } = connectionAfter(`
      ${HANDSHAKE}
      +1ms A>B PA 1(10) ack 1
      +1ms B>A RA 1(0) ack 11
      +1ms A>B PA 11(10) ack 1
      +1ms B>A R 1(0)
    `)
    expect({ resets, resetCause }).toEqual({ resets: 2, resetCause: 'data-unread' })
  })
})

describe('the time lost', () => {
  it('is none in a clean connection', () => {
    expect(lostMs(`${HANDSHAKE} +1s A>B PA 1(10) ack 1\n +1s B>A A 1(0) ack 11`)).toEqual({})
  })

  it('is what passed between the first copy of a segment and the last', () => {
    const text = `
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +200ms A>B A 1(100) ack 1
      +400ms A>B A 1(100) ack 1
    `
    expect(lostMs(text)).toEqual({ retransmission: 600 })
  })

  it('is counted once for two segments lost together', () => {
    const text = `
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +0     A>B A 101(100) ack 1
      +200ms A>B A 1(100) ack 1
      +10ms  A>B A 101(100) ack 1
    `
    expect(lostMs(text)).toEqual({ retransmission: 210 })
  })

  it('counts from the next segment, where the first copy was not captured', () => {
    const text = `
      ${HANDSHAKE}
      +1ms  A>B A 1(100) ack 1
      +5ms  A>B A 201(100) ack 1
      +30ms A>B A 101(100) ack 1
    `
    expect(lostMs(text)).toEqual({ retransmission: 30 })
  })

  it('is none for what was only late, spurious, or a FIN', () => {
    const text = `
      ${HANDSHAKE}
      +1ms  A>B A 1(100) ack 1
      +1ms  B>A A 1(0) ack 101
      +1ms  A>B A 201(100) ack 1
      +1ms  A>B A 101(100) ack 1
      +1ms  B>A A 1(0) ack 301
      +99ms A>B A 1(100) ack 1
      +1ms  A>B FA 301(0) ack 1
      +99ms A>B FA 301(0) ack 1
    `
    expect(lostMs(text)).toEqual({})
  })

  it('is the wait for an answer to the SYN', () => {
    const text = `
      +0    A>B S  0(0)
      +1s   A>B S  0(0)
      +2s   A>B S  0(0)
      +10ms B>A SA 0(0) ack 1
      +10ms A>B A  1(0) ack 1
    `
    expect(lostMs(text)).toEqual({ 'syn-timeout': 3000 })
    expect(connectionAfter(text)).toMatchObject({ synRetransmissions: 2, synAckRetransmissions: 0 })
  })

  it('is the wait for the ACK of a SYN-ACK', () => {
    const text = `
      +0    A>B S  0(0)
      +10ms B>A SA 0(0) ack 1
      +1s   B>A SA 0(0) ack 1
    `
    expect(lostMs(text)).toEqual({ 'syn-timeout': 1000 })
    expect(connectionAfter(text)).toMatchObject({ synRetransmissions: 0, synAckRetransmissions: 1 })
  })

  it('is as long as the window was closed', () => {
    const text = `
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +1ms   B>A A 1(0) ack 101 win 0
      +200ms A>B A 100(0) ack 1
      +1ms   B>A A 1(0) ack 101 win 0
      +299ms B>A A 1(0) ack 101 win 200
      +1s    A>B A 101(100) ack 1
    `
    expect(lostMs(text)).toEqual({ 'zero-window': 500 })
  })

  it('goes on to the last packet while the window is closed, and to the reset that ends it', () => {
    const closed = `
      ${HANDSHAKE}
      +1ms   A>B A 1(100) ack 1
      +1ms   B>A A 1(0) ack 101 win 0
      +200ms A>B A 100(0) ack 1
    `
    expect(lostMs(closed)).toEqual({ 'zero-window': 200 })
    expect(lostMs(`${closed} +50ms B>A RA 1(0) ack 101 win 0\n +1s A>B R 101(0)`)).toEqual({ 'zero-window': 250 })
  })

  it('is the whole attempt, if the connection was refused', () => {
    expect(lostMs('+0 A>B S 0(0)\n +30ms B>A RA 0(0) ack 1')).toEqual({ reset: 30 })
  })

  it('is the time since the oldest data that a reset left unanswered', () => {
    const text = `
      ${HANDSHAKE}
      +1s    A>B PA 1(100) ack 1
      +20ms  A>B PA 101(100) ack 1
      +10ms  B>A R 1(0)
    `
    expect(lostMs(text)).toEqual({ reset: 30 })
  })

  it('is not counted again by a reset at the end of retransmissions', () => {
    const text = `
      ${HANDSHAKE}
      +1s    A>B PA 1(100) ack 1
      +200ms A>B PA 1(100) ack 1
      +50ms  B>A R 1(0)
    `
    expect(lostMs(text)).toEqual({ retransmission: 200, reset: 50 })
  })

  it('adds up to what the conversation lost', () => {
    const { tcp } = ingestScenario(parseScenario('+0 A>B S 0(0)\n +1s A>B S 0(0)\n +30ms B>A RA 0(0) ack 1'))
    expect(tcp.lostNs(0)).toBe(1030e6)
  })
})

describe('what is known of a connection', () => {
  it('has how often each label occurred', () => {
    const { tcp } = ingestScenario(
      parseScenario(`
        ${HANDSHAKE}
        +1ms A>B A 1(100) ack 1
        +1ms B>A A 1(0) ack 101 win 500
        +1ms B>A A 1(0) ack 101
        +1ms B>A A 1(0) ack 101
        +1s  A>B A 1(100) ack 1
      `),
    )
    expect(tcp.connection(0).labels).toMatchObject({ duplicate_ack: 2, spurious_retransmission: 1, retransmission: 1 })
    expect(tcp.labelCount(0, 'duplicate_ack')).toBe(2)
    expect(tcp.labelCount(0, 'zero_window')).toBe(0)
    expect(tcp.resets(0)).toBe(0)
  })

  it('has the sequence numbers and window scales that its SYNs set', () => {
    const { tcp } = ingestScenario(parseScenario(HANDSHAKE))
    expect([tcp.baseSeq(0, 0), tcp.baseSeq(0, 1)]).toEqual([1000, 5000])
    expect([tcp.windowShift(0, 0), tcp.windowShift(0, 1)]).toEqual([7, 8])
  })

  it('has guesses where no SYN was seen', () => {
    const { tcp } = ingestScenario(parseScenario('+0 A>B A 501(100) ack 701'))
    expect([tcp.baseSeq(0, 0), tcp.baseSeq(0, 1)]).toEqual([1500, 5700])
    expect(tcp.windowShift(0, 0)).toBeUndefined()
    expect(ingestScenario(parseScenario('+0 A>B S 0(0)')).tcp.baseSeq(0, 1)).toBeUndefined()
  })
})

describe('a packet that was captured twice', () => {
  const TWICE = `
  +0    A>B S  0(0)       id 1 win 64000
  +5ms  A>B S  0(0)       id 1 win 64000
  +5ms  B>A SA 0(0) ack 1 id 7 win 65000
  +5ms  B>A SA 0(0) ack 1 id 7 win 65000
  +1ms  A>B PA 1(100) ack 1 id 2 win 500
  +5ms  A>B PA 1(100) ack 1 id 2 win 500
`
  it('costs nothing', () => {
    const connection = connectionAfter(TWICE)
    expect(connection).toMatchObject({ synRetransmissions: 0, synAckRetransmissions: 0 })
    expect(lostMs(TWICE)).toEqual({})
  })

  it('is charged where it was sent again', () => {
    const again = TWICE.replaceAll(/(5ms  A>B (?:S|PA).* id) ([12])/g, '$1 1$2')
    expect(lostMs(again)).toEqual({ 'syn-timeout': 5, retransmission: 5 })
  })
})
