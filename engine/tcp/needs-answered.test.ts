import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Whether a repetition was needed, as the receiver's answers tell.

describe('an ACK sooner than a round trip', () => {
  const OPEN = `
      ids
      +0     A>B S  0(0)       <mss 1460>
      +80ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0     A>B A  1(0) ack 1`

  it('answers the original', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1
      +80ms  B>A A  1(0)   ack 101
      +1ms   A>B PA 101(100) ack 1
      +280ms A>B PA 101(100) ack 1 ; rto, spurious
      +30ms  B>A A  1(0)   ack 201
    `)
  })

  it('says nothing where only the handshake was measured, which may have been slow', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1
      +280ms A>B PA 1(100) ack 1 ; rto, needed
      +30ms  B>A A  1(0)   ack 101
    `)
  })
})

describe('a SACK of what a probe repeated', () => {
  const probed = (answers: string, before = ''): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +80ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +80ms  B>A A  1(0) ack 101
      ${before}
      +1ms   A>B A  101(1000)  ack 1
      +0     A>B PA 1101(1000) ack 1
      ${answers}
      +80ms  B>A A  1(0) ack 2101`

  it('sooner than a round trip after it is of what came first', () => {
    const sacked = (wait: string, verdict: string): string => `
      +160ms A>B PA 1101(1000) ack 1 ; tlp, ${verdict}
      ${wait} B>A A  1(0) ack 101 <sack 1101:2101>
      +0     A>B A  101(1000) ack 1 ; fast`
    expectVerdicts(probed(sacked('+40ms', 'spurious')))
    expectVerdicts(probed(sacked('+80ms', 'needed')))
  })

  it('behind an ACK that is missing as well is of what came again, where its host sends no DSACKs', () => {
    const sacked = (id: number, verdict: string): string => `
      +160ms A>B PA 1101(1000) ack 1 ; tlp, ${verdict}
      +80ms  B>A A  1(0) ack 101 id ${id} <sack 1101:2101>
      +0     A>B A  101(1000) ack 1 ; fast`
    // Something came twice, and the answer had no DSACK.
    const without = `
      +80ms  A>B PA 1(100) ack 1 ; tlp, spurious
      +80ms  B>A A  1(0) ack 101`
    expectVerdicts(probed(sacked(3, 'needed')))
    expectVerdicts(probed(sacked(4, 'spurious'), without))
    expectVerdicts(probed(sacked(3, 'needed'), without))
  })
})

describe('a SACK of what SACKs had asked for', () => {
  const asked = (answers: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +80ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +80ms  B>A A  1(0) ack 101
      +1ms   A>B A  101(1000)  ack 1
      +0     A>B A  1101(1000) ack 1
      +0     A>B A  2101(1000) ack 1
      +0     A>B A  3101(1000) ack 1
      +80ms  B>A A  1(0) ack 101 <sack 1101:2101 3101:4101>
      +0     A>B A  101(1000)  ack 1 ; fast, needed
      ${answers}
      +80ms  B>A A  1(0) ack 4101`

  it('is of what came first, late, where it comes sooner than a round trip', () => {
    const selected = (wait: string, verdict: string): string => `
      +0     A>B A  2101(1000) ack 1 ; fast, ${verdict}
      ${wait} B>A A  1(0) ack 101 <sack 1101:4101>`
    expectVerdicts(asked(selected('+40ms', 'spurious')))
    expectVerdicts(asked(selected('+80ms', 'needed')))
  })

  it('says nothing of what it does not hold', () => {
    expectVerdicts(
      asked(`
      +0     A>B A  2101(1000) ack 1 ; fast, needed
      +40ms  B>A A  1(0) ack 101 <sack 3101:4101 1101:2101>`),
    )
  })
})

describe('an ACK of nothing new', () => {
  const again = (window: number, id: string, sack = '') => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 win 1000 <mss 1460 ${sack}>
      +0     A>B A  1(0) ack 1
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +0     A>B A  2001(1000) ack 1
      +0     A>B PA 3001(1000) ack 1
      +20ms  B>A A  1(0) ack 1 win 600 ${sack && '<sack 1001:2001>'}
      +0     B>A A  1(0) ack 1 win 600 ${sack && '<sack 1001:3001>'}
      +0     B>A A  1(0) ack 1 win 600 ${sack && '<sack 1001:4001>'}
      +0     B>A A  1(0) ack 1 win 600 ${sack && '<sack 1001:4001>'}
      +0     A>B A  1(1000)    ack 1 ; fast, TOLD
      +20ms  B>A A  1(0) ack 4001 win 600
      +30ms  B>A A  1(0) ack 4001 win ${window} ${id}`

  it('answers what came late, also where the application had read some of it meanwhile', () => {
    expectVerdicts(again(600, '').replace('TOLD', 'spurious'))
    expectVerdicts(again(640, '').replace('TOLD', 'spurious'))
  })

  it('answers something else where SACKs had asked for what came, as a DSACK would tell of it', () => {
    expectVerdicts(again(600, '', ', sackOK').replace('TOLD', 'needed'))
  })

  it('may tell that the window has doubled, or that it grew where the system is not known', () => {
    expectVerdicts(again(1200, '').replace('TOLD', 'needed'))
    expectVerdicts(again(640, 'id 0').replace('TOLD', 'needed'))
    expectVerdicts(again(640, 'ttl 128').replace('TOLD', 'needed'))
  })

  it('was sent before the one that told of the window where that overtook it', () => {
    const overtaken = (window: number) => again(window, 'id 6').replace('ack 4001 win 600', 'ack 4001 win 600 id 7')
    expectVerdicts(overtaken(300).replace('TOLD', 'needed'))
    expectVerdicts(overtaken(600).replace('TOLD', 'spurious'))
  })
})

describe('a timestamp that is echoed after an older one', () => {
  const probed = (answer: string) => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B PA 1001(1000) ack 1 <ts 121 900>
      +60ms  A>B PA 1001(1000) ack 1 <ts 181 900> ; tlp, TOLD
      +21ms  B>A A  1(0)    ack 2001 <ts 1001 121>
      ${answer}`

  it('is of a repetition that came when its bytes had been acknowledged', () => {
    expectVerdicts(probed('+5ms B>A PA 1(100) ack 2001 id 4 <ts 1006 181>').replace('TOLD', 'spurious'))
    expectVerdicts(probed('+5ms B>A PA 1(100) ack 2001 <ts 1006 121>').replace('TOLD', 'needed'))
  })

  it('says nothing again that it said when its bytes were acknowledged', () => {
    expectVerdicts(
      probed('+5ms B>A PA 1(100) ack 2001 <ts 1006 181>').replace('1001 121', '1001 181').replace('TOLD', 'needed'),
    )
  })

  it('is of what was sent since where that is acknowledged', () => {
    expectVerdicts(
      probed(`+0 A>B PA 2001(100) ack 1 <ts 181 1001>
      +20ms  B>A PA 1(100) ack 2101 <ts 1006 181>`).replace('TOLD', 'needed'),
    )
  })

  it('and then a DSACK tell of one repetition, not of two', () => {
    const twice = (more: string, first: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B A  1001(1000) ack 1 <ts 121 900>
      +0     A>B PA 2001(1000) ack 1 <ts 121 900>
      +20ms  B>A A  1(0) ack 1 <ts 921 120, sack 1001:3001>
      +0     A>B A  1(1000)    ack 1 <ts 141 921> ; fast, ${first}
      +300ms A>B A  1(1000)    ack 1 <ts 441 921> ; rto, spurious
      +5ms   B>A A  1(0) ack 3001 <ts 1226 141>
      +20ms  B>A A  1(0) ack 3001 <ts 1241 141, sack 1:1001>
      ${more}`
    expectVerdicts(twice('', 'needed'))
    expectVerdicts(twice('+1ms B>A A 1(0) ack 3001 <ts 1242 141, sack 1:1001>', 'spurious'))
  })

  it('answers that repetition alone, not an earlier one', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B FA 1(0) ack 1 <ts 121 900>
      +220ms A>B FA 1(0) ack 1 <ts 341 900> ; tlp, needed
      +220ms A>B FA 1(0) ack 1 <ts 561 900> ; rto, spurious
      +5ms   B>A FA 1(0) ack 2 id 2 <ts 1346 341>
      +0     A>B A  2(0) ack 2 <ts 566 1346>
      +5ms   B>A A  2(0) ack 2 <ts 1351 561>
    `)
  })
})

describe('a reset of a connection that is gone', () => {
  it('answers the packet that has its number as acknowledgment, which may be a mere ACK', () => {
    const lost = `
      ids
      +0     A>B S  0(0)       <mss 1460>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0     A>B A  1(0) ack 1
      +0     A>B PA 1(100) ack 1
      +250ms A>B PA 1(100) ack 1 ; rto, TOLD
      +20ms  B>A A  1(500) ack 101
      +0     B>A A  501(500) ack 101
      +0     A>B A  101(0) ack 501
      +0     A>B A  101(0) ack 1001
      +0     B>A RA 1001(0) ack 101`
    for (const acknowledged of [501, 1001]) {
      expectVerdicts(`${lost.replace('TOLD', 'needed')}
        +20ms  B>A R  ${acknowledged}(0) id 0
      `)
    }
    expectVerdicts(`${lost.replace('TOLD', 'spurious')}
      +20ms  B>A R  1(0) id 0
    `)
  })

  it('had what a timer repeats, where it had acknowledged what was sent along with it', () => {
    const ended = (acknowledged: string, end: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +0     A>B A  1(1000)   ack 1
      +0     A>B PA 1001(500) ack 1
      ${acknowledged}
      ${end}`
    const one = '+20ms  B>A A  1(0) ack 1001 win 500'
    expectVerdicts(
      ended(
        one,
        `+200ms A>B PA 1001(500) ack 1 ; tlp, spurious
      +220ms A>B PA 1001(500) ack 1 ; rto, spurious
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // Nothing of it was acknowledged: all may have been lost.
    expectVerdicts(
      ended(
        '',
        `+200ms A>B PA 1001(500) ack 1 ; tlp, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // More came after it: the other end may have died meanwhile.
    expectVerdicts(
      ended(
        `+0     A>B PA 1501(500) ack 1
      ${one}`,
        `+60ms  A>B A  1001(500) ack 1 ; rto, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
    // It was a connection that ended, with data unread, say.
    expectVerdicts(
      ended(
        one,
        `+200ms A>B PA 1001(500) ack 1 ; tlp, cannot tell
      +20ms  B>A RA 1(0) ack 1001`,
      ),
    )
    // Asked for, so lost.
    expectVerdicts(
      ended(
        `${one}
      +0     A>B PA 1501(500) ack 1
      +20ms  B>A A  1(0) ack 1001 win 500 <sack 1501:2001>`,
        `+30ms  A>B PA 1001(500) ack 1 ; fast, cannot tell
      +20ms  B>A R  1(0) id 0`,
      ),
    )
  })
})

describe('a mere ACK after a response that is missing', () => {
  const asked = (sack: string): string => `
      ids
      +0     A>B S  0(0)       <mss 1460${sack}>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460${sack}>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +20ms  B>A PA 1(300) ack 101
      +0     A>B A  101(0) ack 301
      +80ms  A>B PA 101(100) ack 301`

  it('answers what came again, as the response had acknowledged what came first', () => {
    expectVerdicts(`${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, cannot tell
      +440ms A>B PA 101(100) ack 301 ; rto, spurious
      +20ms  B>A A  601(0) ack 201 id 4
    `)
    expectVerdicts(`${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, needed
      +20ms  B>A PA 301(300) ack 201
    `)
  })

  it('may answer what came first where the other side sends of its own accord, or a DSACK would say so', () => {
    expectVerdicts(`${asked('')}
      +1ms   B>A PA 301(300) ack 101
      +0     A>B A  201(0)   ack 601
      +219ms A>B PA 101(100) ack 601 ; rto, cannot tell
      +20ms  B>A A  901(0) ack 201 id 5
    `)
    expectVerdicts(`${asked(', sackOK')}
      +220ms A>B PA 101(100) ack 301 ; tlp, cannot tell
      +20ms  B>A A  601(0) ack 201 id 4
    `)
  })

  it('may answer what came first behind a FIN that was repeated as often, so had been sent for another reason', () => {
    const closed = (id: number, verdict: string): string => `${asked('')}
      +220ms A>B PA 101(100) ack 301 ; rto, cannot tell
      +440ms A>B PA 101(100) ack 301 ; rto, ${verdict}
      +20ms  B>A A  302(0) ack 201 id ${id}
    `
    expectVerdicts(closed(4, 'spurious'))
    expectVerdicts(closed(5, 'cannot tell'))
  })
})

describe('an ACK of more than a repetition, behind ACKs that are missing', () => {
  /** The third of four is sent again; the answer has the IP ID `id`, acknowledges up to `ack` and echoes `echo`. */
  const answered = (verdict: string, ack: number, echo: number, sent = ''): string => `
      ids
      +0     A>B S  0(0)          <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1       <ts 120 900>
      +1ms   A>B A  1(1000) ack 1    <ts 121 900>
      +0     A>B A  1001(1000) ack 1 <ts 121 900>
      +0     A>B A  2001(1000) ack 1 <ts 121 900>
      +0     A>B PA 3001(100) ack 1  <ts 121 900>
      +20ms  B>A A  1(0) ack 1001 id 5 <ts 941 121>
      +0     B>A A  1(0) ack 2001 id 6 <ts 941 121>
      +280ms A>B A  2001(1000) ack 1 <ts 421 941> ; rto, ${verdict}
      ${sent}
      +20ms  B>A A  1(0) ack ${ack} id 9 <ts 1241 ${echo}>
    `

  it('that echoes it answers nothing else: what ended below would have been outside the window', () => {
    expectVerdicts(answered('needed', 3101, 421))
  })

  it('may answer what came first if it ends where the repetition does, or something was sent since', () => {
    expectVerdicts(answered('spurious', 3001, 421))
    expectVerdicts(answered('spurious', 3101, 421, '+1ms A>B PA 3101(100) ack 1 <ts 422 941>'))
  })
})
