import { describe, expect, it } from 'vitest'
import { ingestScenario } from '../../test/support/expect-labels.ts'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { VERDICT } from './verdict-codes.ts'

// Round trips of 20 ms, seen at A.
const OPEN = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK>
  +20ms B>A SA 0(0)   ack 1 <mss 1460, sackOK>
  +0    A>B A  1(0)   ack 1
`

/** Two segments, and a time-out that repeats the first. */
const NO_PROBE = `
  +1ms   A>B A  1(1000)    ack 1
  +0     A>B PA 1001(1000) ack 1
  +230ms A>B A  1(1000)    ack 1 ; rto
  +20ms  B>A A  1(0)       ack 2001
`

describe('whether a probe or a time-out repeats a lone segment', () => {
  it('is a time-out until more than the probe before is acknowledged, as Linux leaves that probe open', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000)    ack 1
      +220ms A>B PA 1(1000)    ack 1    ; tlp
      +20ms  B>A A  1(0)       ack 1001
      +1ms   A>B PA 1001(1000) ack 1
      +220ms A>B PA 1001(1000) ack 1    ; rto
      +20ms  B>A A  1(0)       ack 2001
      +1ms   A>B PA 2001(1000) ack 1
      +220ms A>B PA 2001(1000) ack 1    ; tlp
    `)
  })

  it('is a probe where a duplicate ACK or a DSACK settled the one before', () => {
    for (const answer of ['', '<sack 1:1001>']) {
      expectVerdicts(`${OPEN}
        +1ms   A>B PA 1(1000)    ack 1
        +220ms A>B PA 1(1000)    ack 1    ; tlp
        +1ms   B>A A  1(0)       ack 1001
        +19ms  B>A A  1(0)       ack 1001 ${answer}
        +1ms   A>B PA 1001(1000) ack 1
        +220ms A>B PA 1001(1000) ack 1    ; tlp
      `)
    }
  })

  it('is a time-out where the other side’s data or FIN came, which is no duplicate ACK', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000)    ack 1
      +220ms A>B PA 1(1000)    ack 1    ; tlp
      +20ms  B>A A  1(0)       ack 1001
      +0     B>A FA 1(0)       ack 1001
      +1ms   A>B FA 1001(0)    ack 2
      +220ms A>B FA 1001(0)    ack 2    ; rto
    `)
  })

  it('is a time-out where a packet that can be no ACK is missing before it: that was the probe', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +440ms A>B PA 1(1000) ack 1   id 5 ; rto
    `)
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +10ms  B>A PA 1(100)  ack 1
      +430ms A>B PA 1(1000) ack 101 id 5 ; tlp
    `)
  })

  it('is a time-out beside the receiver, whose answers to the probe get lost behind this point', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B FA 1(0) ack 1
      +0     B>A A  1(0) ack 2
      +220ms A>B FA 1(0) ack 1 ; tlp
      +0     B>A A  1(0) ack 2
      +220ms A>B FA 1(0) ack 1 ; rto
    `)
  })
})

describe('what is sent again in a hole for the second time', () => {
  const AGAIN = `${OPEN}
    +1ms   A>B A  1(1000)    ack 1
    +0     A>B A  1001(1000) ack 1
    +0     A>B A  2001(1000) ack 1
    +0     A>B A  3001(1000) ack 1
    +0     A>B A  4001(1000) ack 1
    +20ms  B>A A  1(0)       ack 1 <sack 4001:5001>
    +0     A>B A  1(1000)    ack 1 ; fast
    +0     A>B A  2001(1000) ack 1 ; fast`

  it('is not sent by a time-out where a SACK of something newer came just before, be it below what was selected already', () => {
    expectVerdicts(`${AGAIN}
      +300ms B>A A  1(0)       ack 1 <sack 2001:3001 4001:5001>
      +0     A>B A  1(1000)    ack 1 ; fast
    `)
  })

  it('is sent by one where data of the other side repeats what had been selected', () => {
    expectVerdicts(`${AGAIN}
      +300ms B>A PA 1(100)     ack 1 <sack 4001:5001>
      +0     A>B A  1(1000)    ack 101 ; rto
    `)
  })
})

describe('what is sent soon after an ACK that stops short of it, and before which nothing is selected', () => {
  const RECOVERED = `${OPEN}
    +1ms   A>B A  1(1000)    ack 1
    +0     A>B A  1001(1000) ack 1
    +0     A>B A  2001(1000) ack 1
    +20ms  B>A A  1(0)       ack 1 <sack 2001:3001>
    +0     A>B A  1(1000)    ack 1 ; fast
    +1ms   A>B A  3001(1000) ack 1
    +0     A>B A  4001(1000) ack 1
    +1ms   A>B A  1001(1000) ack 1 ; fast
    +20ms  B>A A  1(0)       ack 3001`

  it('was sent by RACK’s timer, as what was sent after it had come', () => {
    expectVerdicts(`${RECOVERED}
      +7ms   A>B A  3001(1000) ack 1 ; fast
      +0     A>B A  4001(1000) ack 1 ; fast
    `)
  })

  it('was sent by a time-out where that takes as long', () => {
    expectVerdicts(`${RECOVERED}
      +221ms A>B A  3001(1000) ack 1 ; rto
    `)
  })

  it('was sent by a probe after two round trips', () => {
    expectVerdicts(`${RECOVERED}
      +45ms  A>B A  4001(1000) ack 1 ; tlp
    `)
  })

  it('was not sent because of an ACK of itself, which its sender had not got yet', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +20ms  B>A A  1(0)       ack 1001
      +200ms B>A A  1(0)       ack 2001
      +5ms   A>B A  1001(1000) ack 1 ; tlp
    `)
  })
})

describe('what is sent again after a time-out', () => {
  const timedOut = (answer: string): string => `${OPEN}
    +1ms   A>B A  1(1000)    ack 1
    +0     A>B A  1001(1000) ack 1
    +0     A>B A  2001(1000) ack 1
    +0     A>B A  3001(1000) ack 1
    +0     A>B A  4001(1000) ack 1
    ${answer}`

  it('is sent by RACK once an ACK shows that not all was lost, as that ends what the time-out began', () => {
    expectVerdicts(
      timedOut(`
      +400ms A>B A  1(1000)    ack 1 ; rto
      +20ms  B>A A  1(0)       ack 3001
      +30ms  A>B A  3001(1000) ack 1 ; fast
      +0     A>B A  4001(1000) ack 1 ; fast
    `),
    )
  })

  it('is sent for the time-out still where the ACK is of what that sent, or of what had been selected', () => {
    expectVerdicts(
      timedOut(`
      +400ms A>B A  1(1000)    ack 1 ; rto
      +20ms  B>A A  1(0)       ack 1001
      +30ms  A>B A  1001(1000) ack 1 ; rto
    `),
    )
    expectVerdicts(
      timedOut(`
      +20ms  B>A A  1(0)       ack 1 <sack 1001:3001>
      +400ms A>B A  1(1000)    ack 1 ; rto
      +20ms  B>A A  1(0)       ack 3001
      +30ms  A>B A  3001(1000) ack 1 ; rto
    `),
    )
  })
})

describe('without SACK', () => {
  it('a segment that duplicate ACKs did not bring at once is sent by a time-out', () => {
    const lost = (wait: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460>
      +20ms  B>A SA 0(0) ack 1 <mss 1460>
      +0     A>B A  1(0)       ack 1
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +0     A>B A  2001(1000) ack 1
      +0     A>B A  3001(1000) ack 1
      +20ms  B>A A  1(0)       ack 1
      +0     B>A A  1(0)       ack 1
      +90ms  B>A A  1(0)       ack 1
      ${wait}  A>B A  1(1000)    ack 1`
    expectVerdicts(`${lost('+120ms')} ; rto
    `)
    expectVerdicts(`${lost('+100us')} ; fast
    `)
  })
})

describe('the last of several segments', () => {
  it('is repeated by a probe, also after one that is still open', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000)    ack 1
      +220ms A>B PA 1(1000)    ack 1    ; tlp
      +20ms  B>A A  1(0)       ack 1001
      +1ms   A>B A  1001(1000) ack 1
      +0     A>B PA 2001(1000) ack 1
      +60ms  A>B PA 2001(1000) ack 1    ; tlp
    `)
  })

  it('is repeated by a time-out where it is merged with the first', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA  1(1000) ack 1
      +0     A>B FA  1001(0) ack 1
      +230ms A>B FPA 1(1000) ack 1 ; rto
    `)
  })
})

describe('a host that sends no tail loss probes', () => {
  it('is known by a time-out that came though a probe was due', () => {
    expectVerdicts(`${OPEN}${NO_PROBE}
      +1ms   A>B PA 2001(1000) ack 1
      +230ms A>B PA 2001(1000) ack 1 ; rto
    `)
  })

  it('is not where the probe may have been new data, or was lost before this point', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1
      +60ms  A>B PA 1001(1000) ack 1
      +230ms A>B A  1(1000)    ack 1    ; rto
      +20ms  B>A A  1(0)       ack 2001
      +1ms   A>B PA 2001(1000) ack 1
      +230ms A>B PA 2001(1000) ack 1    ; tlp
    `)
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B PA 1001(1000) ack 1
      +230ms A>B A  1(1000)    ack 1 id 6 ; rto
      +20ms  B>A A  1(0)       ack 2001
      +1ms   A>B PA 2001(1000) ack 1 id 7
      +230ms A>B PA 2001(1000) ack 1 id 8 ; tlp
    `)
  })

  it('is known by waits that double from the first repetition on, where a probe’s time-out would wait as long as the probe', () => {
    const next = `
      +20ms  B>A A  1(0)       ack 1001
      +1ms   A>B PA 1001(1000) ack 1
      +20ms  B>A A  1(0)       ack 2001
      +1ms   A>B PA 2001(1000) ack 1
    `
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +220ms A>B PA 1(1000) ack 1    ; rto
      +440ms A>B PA 1(1000) ack 1    ; rto
      ${next}
      +220ms A>B PA 2001(1000) ack 1 ; rto
    `)
    // Round trips that vary a lot make a time-out twice as long as the wait for a probe.
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +440ms A>B PA 1(1000) ack 1    ; tlp
      +880ms A>B PA 1(1000) ack 1    ; rto
      ${next}
      +440ms A>B PA 2001(1000) ack 1 ; tlp
    `)
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +220ms A>B PA 1(1000) ack 1    ; tlp
      +230ms A>B PA 1(1000) ack 1    ; rto
      ${next}
      +220ms A>B PA 2001(1000) ack 1 ; tlp
    `)
    // A host tries what its own interface refused every half second (Linux TCP_RESOURCE_PROBE_INTERVAL).
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +213ms A>B PA 1(1000) ack 1    ; tlp
      +528ms A>B PA 1(1000) ack 1    ; rto
      ${next}
      +220ms A>B PA 2001(1000) ack 1 ; tlp
    `)
  })

  it('had sent none before either, where a lone segment was repeated', () => {
    const lone = (from: number, verdict: string): string => `
      +1ms   A>B PA ${from}(1000) ack 1
      +230ms A>B PA ${from}(1000) ack 1 ; ${verdict}
      +20ms  B>A A  1(0)          ack ${from + 1000}`
    const probe = `
      +1ms   A>B A  2001(1000) ack 1
      +0     A>B PA 3001(1000) ack 1
      +60ms  A>B PA 3001(1000) ack 1    ; tlp
      +20ms  B>A A  1(0)       ack 4001
      +20ms  B>A A  1(0)       ack 4001 <sack 3001:4001>`
    const noProbe = (from: number): string => `
      +1ms   A>B A  ${from}(1000)        ack 1
      +0     A>B PA ${from + 1000}(1000) ack 1
      +230ms A>B A  ${from}(1000)        ack 1 ; rto`
    expectVerdicts(`${OPEN}${lone(1, 'rto')}
      +1ms   A>B PA 1001(1000) ack 1
      +20ms  B>A A  1(0)       ack 2001${noProbe(2001)}
    `)
    // It was seen to probe meanwhile.
    expectVerdicts(`${OPEN}${lone(1, 'tlp')}
      +1ms   A>B PA 1001(1000) ack 1
      +20ms  B>A A  1(0)       ack 2001${probe}${noProbe(4001)}
    `)
  })

  it('does send them once it repeated the last of several segments', () => {
    expectVerdicts(`${OPEN}${NO_PROBE}
      +1ms   A>B A  2001(1000) ack 1
      +0     A>B PA 3001(1000) ack 1
      +60ms  A>B PA 3001(1000) ack 1    ; tlp
      +20ms  B>A A  1(0)       ack 4001
      +20ms  B>A A  1(0)       ack 4001 <sack 3001:4001>
      +1ms   A>B PA 4001(1000) ack 1
      +230ms A>B PA 4001(1000) ack 1    ; tlp
    `)
  })

  it('is not 0.0.0.0 before anything was seen of it', () => {
    const scenario = parseScenario(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1
      +220ms A>B PA 1(1000) ack 1
    `)
    for (const { frame, text } of scenario.packets) {
      const [source, destination] = [26, 30]
      new DataView(frame.bytes.buffer).setUint32(text.includes('A>B') ? source : destination, 0)
    }
    const { verdicts } = ingestScenario(scenario)
    expect(verdicts.verdict(verdicts.find(4))).toBe(VERDICT.tlp)
  })
})
