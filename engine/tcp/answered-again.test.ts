import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

describe('an ACK that nothing else explains', () => {
  const REPEATED = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 win 1000 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B PA 1(100) ack 1 <ts 121 900>
      +220ms A>B PA 1(100) ack 1 <ts 341 900>`

  it('says that the original came after its repetition, where the receiver sends no DSACK', () => {
    expectVerdicts(`${REPEATED} ; tlp, spurious
      +20ms  B>A A  1(0) ack 101 win 900 <ts 1141 341>
      +90ms  B>A A  1(0) ack 101 win 900 <ts 1231 341>
    `)
  })

  it('says nothing more of a repetition seconds later', () => {
    expectVerdicts(`${REPEATED} ; tlp, needed
      +20ms  B>A A  1(0) ack 101 win 900 <ts 1141 341>
      +6s    B>A A  1(0) ack 101 win 900 <ts 7141 341>
    `)
  })

  it('is not one that opens the window, one that reports a hole, or one that answers a keep-alive', () => {
    expectVerdicts(`${REPEATED} ; tlp, needed
      +20ms  B>A A  1(0) ack 101 win 900  <ts 1141 341>
      +90ms  B>A A  1(0) ack 101 win 1000 <ts 1231 341>
      +1ms   A>B A  101(100) ack 1  <ts 500 1231>
      +0     A>B PA 201(100) ack 1  <ts 500 1231>
      +20ms  B>A A  1(0) ack 101 win 1000 <ts 1251 341, sack 201:301>
      +0     A>B A  101(100) ack 1  <ts 520 1251> ; fast, needed
      +20ms  B>A A  1(0) ack 301 win 1000 <ts 1271 520>
      +60s   A>B A  300(0) ack 1    <ts 60520 1271>
      +20ms  B>A A  1(0) ack 301 win 1000 <ts 61271 520>
    `)
  })

  it('is not a keep-alive of the other side', () => {
    expectVerdicts(`${REPEATED} ; tlp, needed
      +20ms  B>A A  1(0) ack 101 win 900 <ts 1141 341>
      +3s    B>A A  0(0) ack 101 win 900 <ts 4141 341>
      +0     A>B A  101(0) ack 1 <ts 3521 1141>
    `)
  })

  it('says of a SYN-ACK sent again that the first had come, also from TIME-WAIT', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0, wscale 7>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100, wscale 7>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100, wscale 7> ; synack, spurious
      +20ms  A>B A  1(0) ack 1 win 501 <ts 1120 1900>
      +0     A>B FA 1(0) ack 1 win 501 <ts 1120 1900>
      +0     B>A FA 1(0) ack 2 <ts 1920 1120>
      +20ms  A>B A  2(0) ack 2 win 501 <ts 1140 1920>
      +200ms A>B A  2(0) ack 2 id 0 win 501 <ts 1340 1920>
    `)
  })

  it('says nothing of a SYN-ACK that was acknowledged less than a round trip before: the network may have doubled that or a FIN', () => {
    const open = (verdict: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0, wscale 7>
      +0     B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100, wscale 7>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100, wscale 7> ; synack, ${verdict}
      +20ms  A>B A  1(0) ack 1 win 501 <ts 1120 1900>`
    expectVerdicts(`${open('needed')}
      +8ms   A>B A  1(0) ack 1 win 501 <ts 1128 1900>
    `)
    expectVerdicts(`${open('spurious')}
      +28ms  A>B A  1(0) ack 1 win 501 <ts 1148 1900>
    `)
    expectVerdicts(`${open('needed')}
      +0     A>B FA 1(0) ack 1 win 501 <ts 1120 1900>
      +0     B>A FA 1(0) ack 2 <ts 1920 1120>
      +20ms  A>B A  2(0) ack 2 win 501 <ts 1140 1920>
      +8ms   A>B A  2(0) ack 2 id 0 win 501 <ts 1148 1920>
    `)
  })

  it('says nothing of what a timer sent if an ACK had echoed it less than a round trip before: the network may have doubled that', () => {
    const twice = (verdict: string, echo: number, since: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, ts 900 100>
      +0     A>B A  1(0)    ack 1 <ts 120 900>
      +1ms   A>B PA 1(100)  ack 1 <ts 121 900>
      +20ms  B>A A  1(0)  ack 101 <ts 941 121>
      +0     A>B FA 101(0)  ack 1 <ts 141 941>
      +220ms A>B FA 101(0)  ack 1 <ts 361 941> ; rto, ${verdict}
      +20ms  B>A FA 1(0)  ack 102 <ts 1181 ${echo}>
      +0     A>B A  102(0)  ack 2 <ts 381 1181>
      ${since} B>A A  2(0) ack 102 id 0 <ts 1182 361>`
    expectVerdicts(twice('needed', 361, '+1ms'))
    expectVerdicts(twice('spurious', 361, '+21ms'))
    expectVerdicts(twice('spurious', 141, '+1ms'))
  })

  it('is one of more duplicate ACKs than segments can have arrived behind a hole, where SACK was not offered', () => {
    const again = (verdict: string, after: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460>
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0     A>B A  1(0)        ack 1
      +1ms   A>B A  1(1000)     ack 1
      +0     A>B A  1001(1000)  ack 1
      +20ms  B>A A  1(0) ack 1001
      +300ms A>B A  1001(1000)  ack 1 ; rto, ${verdict}
      +20ms  B>A A  1(0) ack 2001
      ${after}`
    const one = '+1ms A>B A 2001(1000) ack 1'
    // Nothing but the first that is lacking is under way.
    expectVerdicts(
      again(
        'spurious',
        `${one}
      +5ms  B>A A 1(0) ack 2001`,
      ),
    )
    // It reads.
    expectVerdicts(
      again(
        'needed',
        `${one}
      +5ms  B>A A 1(0) ack 2001 win 1100`,
      ),
    )
    // Behind a hole one arrived, then another that was not there before.
    const two = `${one}
      +0    A>B A 3001(1000) ack 1
      +20ms B>A A 1(0) ack 2001`
    expectVerdicts(again('needed', two))
    expectVerdicts(
      again(
        'spurious',
        `${two}
      +1ms  B>A A 1(0) ack 2001`,
      ),
    )
    // The hole is not seen here.
    expectVerdicts(
      again(
        'needed',
        `+1ms A>B A 3001(1000) ack 1
      +20ms B>A A 1(0) ack 2001`,
      ),
    )
  })

  it('is a reset of a closed connection, with the number that an old segment acknowledged', () => {
    const closed = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +20ms  B>A SA 0(0) ack 1 <mss 1460, sackOK, ts 900 100>
      +0     A>B A  1(0) ack 1 <ts 120 900>
      +1ms   A>B A  1(100)   ack 1 <ts 121 900>
      +0     A>B PA 101(100) ack 1 <ts 121 900>
      +20ms  B>A A  1(0) ack 1 <ts 921 120, sack 101:201>`
    expectVerdicts(`${closed}
      +0     A>B A  1(100)   ack 1 <ts 141 921> ; fast, spurious
      +20ms  B>A FA 1(0) ack 201 <ts 941 141>
      +0     A>B FA 201(0) ack 2 <ts 161 941>
      +20ms  B>A A  2(0) ack 202 <ts 961 161>
      +50ms  B>A R  1(0) id 0
    `)
    expectVerdicts(`${closed}
      +0     A>B A  1(100)   ack 1 <ts 141 921> ; fast, needed
      +20ms  B>A FA 1(0) ack 201 <ts 941 141>
      +0     A>B FA 201(0) ack 2 <ts 161 941>
      +20ms  B>A A  2(0) ack 202 <ts 961 161>
      +50ms  B>A R  2(0) id 0
    `)
  })

  it('is a SYN-ACK with another sequence number, of a connection that the late SYN opened anew', () => {
    expectVerdicts(`
      ids
      isn A 1000 B 5000
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn, spurious
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +0     A>B A  1(0) ack 1 <ts 1120 900>
      +0     A>B FA 1(0) ack 1 <ts 1120 900>
      +20ms  B>A FA 1(0) ack 2 <ts 920 1120>
      +0     A>B A  2(0) ack 2 <ts 1140 920>
      isn A 1000 B 9000
      +90ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1010 100>
    `)
  })
})
