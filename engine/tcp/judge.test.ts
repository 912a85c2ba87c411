import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Round trips of 20 ms, seen at A unless a scenario says otherwise. TS: the timestamp clocks tick in milliseconds, as Linux's do.
const OPEN = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK, ts 100 0, wscale 7>
  +20ms B>A SA 0(0)   ack 1 <mss 1460, sackOK, ts 900 100, wscale 7>
  +0    A>B A  1(0)   ack 1 <ts 120 900>
`

describe('retransmissions seen at their sender', () => {
  it('calls fast what SACKs asked for', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A  1(1000)    ack 1 <ts 121 900>
      +0    A>B A  1001(1000) ack 1 <ts 121 900>
      +0    A>B A  2001(1000) ack 1 <ts 121 900>
      +0    A>B A  3001(1000) ack 1 <ts 121 900>
      +20ms B>A A  1(0) ack 1    <ts 921 120, sack 1001:2001>
      +0    B>A A  1(0) ack 1    <ts 921 120, sack 1001:3001>
      +0    B>A A  1(0) ack 1    <ts 921 120, sack 1001:4001>
      +0    A>B A  1(1000) ack 1 <ts 141 921>                 ; fast, needed, original 4, cost 20ms
      +20ms B>A A  1(0) ack 4001 <ts 941 141>
    `)
  })

  it('calls fast what three duplicate ACKs asked for where SACK was not offered', () => {
    expectVerdicts(`
      ids
      +0    A>B S  0(0) <mss 1460>
      +20ms B>A SA 0(0) ack 1 <mss 1460>
      +0    A>B A  1(0) ack 1
      +1ms  A>B A  1(1000)    ack 1
      +0    A>B A  1001(1000) ack 1
      +0    A>B A  2001(1000) ack 1
      +0    A>B A  3001(1000) ack 1
      +20ms B>A A  1(0) ack 1
      +0    B>A A  1(0) ack 1
      +0    B>A A  1(0) ack 1
      +0    A>B A  1(1000) ack 1 ; fast, original 4
    `)
  })

  it('calls the first repetition of the tail a tail loss probe, and the next a time-out', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1 <ts 121 900>
      +220ms A>B PA 1(1000) ack 1 <ts 341 900> ; tlp, needed, original 4, cost 220ms
      +240ms A>B PA 1(1000) ack 1 <ts 581 900> ; rto, needed, original 5, cost 240ms
      +20ms  B>A A  1(0) ack 1001 <ts 1481 581>
    `)
  })

  it.each([
    ['less than half round', 0xe6ff],
    ['more than half round', 0xd7a3],
  ])('takes no IP ID for older where the counter of the host went %s in a silence', (_, id) => {
    expectVerdicts(`
      +0    A>B S  0(0) id 58720 <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B PA 1(1000) ack 1 id 58961
      +20ms B>A A  1(0) ack 1001 id 7
      +30s  A>B PA 1001(31) ack 1 id ${id}
      +820ms A>B PA 1001(31) ack 1 id ${id + 50} ; rto
      +1.6s A>B PA 1001(31) ack 1 id ${id + 90} ; rto
    `)
  })

  it('takes an older IP ID for late within a second of silence', () => {
    expectVerdicts(`
      +0    A>B S  0(0) id 58720 <mss 1460>
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460>
      +0    A>B A  1(1000) ack 1 id 58961
      +0    A>B A  2001(1000) ack 1 id 58963
      +900ms A>B A 1001(1000) ack 1 id 58962 ; reordered
    `)
  })

  it('calls the same a time-out where SACK was not offered, as without it there are no probes', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460>
      +20ms  B>A SA 0(0) ack 1 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(1000) ack 1
      +220ms A>B PA 1(1000) ack 1 ; rto
    `)
  })

  it('calls a timer’s repetition of what is not the tail a time-out', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B PA 1001(1000) ack 1 <ts 121 900>
      +400ms A>B A  1(1000)    ack 1 <ts 521 900> ; rto
    `)
  })

  it('calls what goes out on each ACK after a time-out fast again, since ACKs clock it', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B A  1001(1000) ack 1 <ts 121 900>
      +0     A>B PA 2001(1000) ack 1 <ts 121 900>
      +400ms A>B A  1(1000)    ack 1 <ts 521 900>     ; rto
      +20ms  B>A A  1(0) ack 1001    <ts 1341 521>
      +0     A>B A  1001(1000) ack 1 <ts 541 1341>    ; fast
    `)
  })

  it('knows SYNs and SYN-ACKs that were sent again', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) <mss 1460, sackOK, ts 1100 0>              ; syn, original 1, cost 1000ms
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +1s    B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 1100> ; synack, original 3
      +0     A>B A  1(0) ack 1 <ts 2120 1900>
    `)
  })

  it('stays silent on keep-alives and on a repeated FIN’s ACK', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B PA 1(100) ack 1   <ts 121 900>
      +20ms B>A A  1(0) ack 101   <ts 921 121>
      +60s  A>B A  100(0) ack 1   <ts 60121 921>
      +20ms B>A A  1(0) ack 101   <ts 60921 121>
      +60s  A>B A  100(1) ack 1   <ts 120121 921>
    `)
  })

  it('tells a repeated single byte from a keep-alive that Wireshark calls both', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1) ack 1 <ts 121 900>
      +220ms A>B PA 1(1) ack 1 <ts 341 900> ; tlp, original 4
    `)
  })
})

describe('a single byte that was acknowledged', () => {
  it('was sent again where it is pushed, as a keep-alive never is', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1) ack 1    <ts 121 900>
      +0     B>A A  1(0) ack 2    <ts 901 121>
      +220ms A>B PA 1(1) ack 1    <ts 341 900> ; tlp, spurious
      +0     B>A A  1(0) ack 2    <ts 1121 121, sack 1:2>
      +60s   A>B A  1(1) ack 1    <ts 60341 900>
      +0     B>A A  1(0) ack 2    <ts 61121 121, sack 1:2>
    `)
  })
})

describe('whether a retransmission was needed', () => {
  it('takes a DSACK for a no', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1 <ts 121 900>
      +220ms A>B PA 1(1000) ack 1 <ts 341 900>           ; tlp, spurious
      +1ms   B>A A  1(0) ack 1001 <ts 1141 341, sack 1:1001>
    `)
  })

  it('takes a DSACK for a no of each repetition that it holds, but of the same bytes only the last', () => {
    const lost = `
      ids
      +0     A>B S  0(0)         <mss 1460, sackOK>
      +20ms  B>A SA 0(0)   ack 1 <mss 1460, sackOK>
      +0     A>B A  1(0)   ack 1
      +1ms   A>B A  1(1000)    ack 1
      +0     A>B A  1001(1000) ack 1
      +0     A>B A  2001(1000) ack 1
      +20ms  B>A A  1(0)       ack 1 <sack 2001:3001>`
    expectVerdicts(`${lost}
      +0     A>B A  1(1000)    ack 1 ; fast, spurious
      +0     A>B A  1001(1000) ack 1 ; fast, spurious
      +20ms  B>A A  1(0)       ack 3001 <sack 1:2001>
    `)
    expectVerdicts(`${lost}
      +0     A>B A  1(1000)    ack 1 ; fast, needed
      +0     A>B A  1001(1000) ack 1 ; fast, needed
      +240ms A>B A  1(1000)    ack 1 ; rto, spurious
      +20ms  B>A A  1(0)       ack 3001 <sack 1:1001>
    `)
  })

  it('takes an ACK that echoes an older timestamp for a no (RFC 3522)', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1 <ts 121 900>
      +220ms A>B PA 1(1000) ack 1 <ts 341 900> ; tlp, spurious
      +1ms   B>A A  1(0) ack 1001 <ts 1141 121>
    `)
  })

  it('takes the echo for the first of the segments that one ACK covers, as receivers mean it (RFC 7323 section 4.3)', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1 <ts 121 900>
      +0     A>B A  1001(1000) ack 1 <ts 121 900>
      +0     A>B A  2001(1000) ack 1 <ts 121 900>
      +20ms  B>A A  1(0) ack 1       <ts 921 120, sack 2001:3001>
      +0     A>B A  1(1000)    ack 1 <ts 141 921>                 ; fast, needed
      +2ms   A>B A  1001(1000) ack 1 <ts 143 921>                 ; fast, needed
      +30ms  B>A A  1(0) ack 3001    <ts 953 141>
    `)
  })

  it('takes an ACK sooner than any round trip for a no where there are no timestamps', () => {
    const sent = `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK>
      +20ms  B>A SA 0(0) ack 1 <mss 1460, sackOK>
      +0     A>B A  1(0) ack 1
      +1ms   A>B PA 1(100) ack 1
      +20ms  B>A A  1(0) ack 101
      +1ms   A>B PA 101(100) ack 1`
    expectVerdicts(`${sent}
      +220ms A>B PA 101(100) ack 1 ; tlp, spurious
      +5ms   B>A A  1(0) ack 201
    `)
    expectVerdicts(`${sent}
      +220ms A>B PA 101(100) ack 1 ; tlp, needed
      +20ms  B>A A  1(0) ack 201
    `)
  })

  it('does not ask that of a point beside the receiver, where a round trip is what its host takes', () => {
    expectVerdicts(`
      ids
      +0     A>B S  0(0) <mss 1460, sackOK>
      +60us  B>A SA 0(0) ack 1 <mss 1460, sackOK>
      +20ms  A>B A  1(0) ack 1
      +0     A>B A  1(1000) ack 1
      +50us  B>A A  1(0) ack 1001
      +1ms   A>B A  2001(1000) ack 1
      +50us  B>A A  1(0) ack 1001 <sack 2001:3001>
      +20ms  A>B A  1001(1000) ack 1 ; fast, needed
      +10us  B>A A  1(0) ack 3001
    `)
  })

  it('takes an ACK that had passed before for a no, and its DSACK for an answer to it alone', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1 <ts 121 900>
      +220ms A>B PA 1(1000) ack 1 <ts 341 900>           ; tlp, needed
      +20ms  B>A A  1(0) ack 1001 <ts 1361 341>
      +420ms A>B PA 1(1000) ack 1 <ts 781 900>           ; rto, spurious, original unseen
      +20ms  B>A A  1(0) ack 1001 <ts 1801 341, sack 1:1001>
    `)
  })

  it('cannot tell while nothing has answered', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(1000) ack 1 <ts 121 900>
      +220ms A>B PA 1(1000) ack 1 <ts 341 900> ; tlp, cannot tell
    `)
  })

  it('takes a second SYN-ACK sooner than any timer for the answer to the first SYN, unless it echoes the second one', () => {
    const syns = (verdict: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s    A>B S  0(0) <mss 1460, sackOK, ts 1100 0> ; syn, ${verdict}`
    expectVerdicts(`${syns('spurious')}
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 100>  ; synack
      +3ms   B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 903 100>  ; synack
    `)
    expectVerdicts(`${syns('needed')}
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 900 1100>
      +3ms   B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 903 1100> ; synack
    `)
    const withoutTimestamps = (second: string, verdict: string): string => `
      ids
      +0     A>B S  0(0) <mss 1460>
      +1s    A>B S  0(0) <mss 1460>               ; syn, ${verdict}
      +20ms  B>A SA 0(0) ack 1 id 0 <mss 1460>
      ${second} B>A SA 0(0) ack 1 id 0 <mss 1460> ; synack`
    expectVerdicts(withoutTimestamps('+3ms', 'spurious'))
    // By timer, a second after the answer to the second SYN, which took its time.
    expectVerdicts(withoutTimestamps('+990ms', 'needed'))
  })
})

describe('packets that repeat nothing', () => {
  it('knows the same packet captured twice by its IP ID, also an ACK', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B PA 1(1000) ack 1 id 4 <ts 121 900>
      +10us A>B PA 1(1000) ack 1 id 4 <ts 121 900> ; copy, original 4
      +20ms B>A A  1(0) ack 1001 id 2 <ts 921 121>
      +10us B>A A  1(0) ack 1001 id 2 <ts 921 121> ; copy, original 6
    `)
  })

  it('does not take a retransmission with the same timestamp for a copy: its IP ID is its own', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A  1(1000)    ack 1 <ts 121 900>
      +0    A>B A  1001(1000) ack 1 <ts 121 900>
      +400us B>A A 1(0) ack 1       <ts 901 120, sack 1001:2001>
      +0    A>B A  1(1000)    ack 1 <ts 121 900> ; fast
    `)
  })

  it('takes what comes after a timer for sent again where its sender keeps the IP ID, as Linux does not (RFC 1122 section 3.2.1.5)', () => {
    const again = (ttl: number, since: string, options = ''): string => `
      +0    A>B S  0(0)       ttl ${ttl} id 1 <mss 1460, sackOK>
      +20ms B>A SA 0(0) ack 1         <mss 1460, sackOK>
      +0    A>B A  1(0) ack 1 ttl ${ttl} id 3
      +1ms  A>B PA 1(1000)    ack 1 ttl ${ttl} id 5${options}
      +0    A>B PA 1001(1000) ack 1 ttl ${ttl} id 7${options}
      ${since} A>B PA 1(1000) ack 1 ttl ${ttl} id 5${options}`
    expectVerdicts(`${again(239, '+300ms')} ; rto, needed, original 4, cost 300ms
      +2400ms A>B PA 1(1000)   ack 1 ttl 239 id 5 ; rto, needed, original 6, cost 2400ms
      +20ms  B>A A  1(0) ack 2001
    `)
    expectVerdicts(`${again(239, '+20ms')} ; copy, original 4
    `)
    expectVerdicts(`${again(64, '+300ms')} ; copy, original 4
    `)
    // Its timestamp would have changed.
    expectVerdicts(`${again(239, '+300ms', ' <ts 121 900>')} ; copy, original 4
    `)
  })

  it('knows a large segment and the pieces it was cut into for one transmission', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B PA 1(2920)    ack 1 id 4 <ts 121 900>
      +10us A>B A  1(1460)    ack 1 id 4 <ts 121 900> ; copy, original 4
      +0    A>B PA 1461(1460) ack 1 id 5 <ts 121 900> ; copy, original 4
    `)
  })

  it('does not take what is sent again next for a piece of what was sent again of a large segment before', () => {
    const again = `${OPEN}
      +1ms  A>B PA 1(5840)    ack 1 id 4 <ts 121 900>
      +1ms  B>A A  1(0) ack 1       id 2 <ts 901 120, sack 4381:5841>
      +0    A>B A  1(2920)    ack 1 id 8 <ts 122 901> ; fast`
    expectVerdicts(`${again}
      +10us A>B A  2921(1460) ack 1 id 10 <ts 122 901> ; fast
    `)
    expectVerdicts(`${again}
      +10us A>B A  1461(1460) ack 1 id 9 <ts 122 901> ; copy
    `)
  })

  it('does not take two resets without IP ID for copies of each other', () => {
    expectVerdicts(`${OPEN}
      +1ms A>B PA 1(1000)    ack 1 <ts 121 900>
      +0   A>B PA 1001(1000) ack 1 <ts 121 900>
      +20ms B>A R 1(0) id 0
      +0    B>A R 1(0) id 0
    `)
  })
})
