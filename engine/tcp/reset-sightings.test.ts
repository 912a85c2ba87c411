import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Resets have no IP ID (Linux). Packets 1 to 6 are a handshake that the interface saw twice, as a bridge and its port do under `-i any`.
const SEEN_TWICE = `
  +0    A>B S  0(0)       id 1
  +4us  A>B S  0(0)       id 1 ; copy
  +1ms  B>A SA 0(0) ack 1 id 0 <ts 900 100>
  +4us  B>A SA 0(0) ack 1 id 0 <ts 900 100> ; copy
  +1ms  A>B A  1(0) ack 1 id 2
  +4us  A>B A  1(0) ack 1 id 2 ; copy
`

describe('a reset', () => {
  it('is a copy where the interface sees each packet as often', () => {
    expectVerdicts(`${SEEN_TWICE}
      +1ms B>A R 1(0)
      +4us B>A R 1(0) ; copy, original 7
    `)
  })

  it('is another one beyond that, as a host that answers several segments at once sends several that are alike', () => {
    expectVerdicts(`${SEEN_TWICE}
      +1ms B>A R 1(0)
      +4us B>A R 1(0) ; copy, original 7
      +9us B>A R 1(0)
      +4us B>A R 1(0) ; copy, original 9
    `)
  })

  it('is another one where the interface sees packets once, however soon', () => {
    expectVerdicts(`
      ids
      +0   A>B S  0(0)
      +1ms B>A SA 0(0) ack 1
      +1ms A>B A  1(0) ack 1
      +1ms B>A R  1(0) id 0
      +1us B>A R  1(0) id 0
    `)
  })

  it('is another one later than a bridge takes, or with another number', () => {
    expectVerdicts(`${SEEN_TWICE}
      +1ms  B>A R 1(0)
      +1ms  B>A R 1(0)
      +4us  B>A R 2(0)
      +4us  A>B R 1(0)
    `)
  })

  it('is a copy at each further interface, which sees as many', () => {
    expectVerdicts(`
      +0   B>A RA 0(0) ack 1 on 2
      +1us B>A RA 0(0) ack 1 on 2
      +1ms B>A RA 0(0) ack 1 on 1 ; copy
      +1us B>A RA 0(0) ack 1 on 1 ; copy
      +1ms B>A RA 0(0) ack 1 on 0 ; copy
      +1us B>A RA 0(0) ack 1 on 0 ; copy
      +1us B>A RA 0(0) ack 1 on 0
    `)
  })

  it('is another one at another interface long after', () => {
    expectVerdicts(`
      +0 B>A R 1(0) on 1
      +3s B>A R 1(0) on 0
    `)
  })
})
