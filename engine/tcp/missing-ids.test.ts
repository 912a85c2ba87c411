import { describe, it } from 'vitest'
import { expectVerdicts } from '../../test/support/expect-verdicts.ts'

// Seen beside the receiver, 20 ms away from A, unless a scenario says otherwise. What was lost before this point is missing by its IP ID.
const OPEN = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK, ts 100 0, wscale 7>
  +20ms B>A SA 0(0)   ack 1 id 0 <mss 1460, sackOK, ts 900 100, wscale 7>
  +0    A>B A  1(0)   ack 1 <ts 120 900>
`

describe('what is next in sequence, and was sent before', () => {
  it('finds a retransmission whose original never came by the gap in the IP IDs and the wait', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +0     B>A A  1(0) ack 101         <ts 901 121>
      +300ms A>B PA 101(100) ack 1 id 6  <ts 421 901> ; retransmission, original unseen
    `)
  })

  it('says that it was needed, or was not, by which of the two its ACK echoes', () => {
    const acknowledged = (need: string, echo: number): string => `
      ids
      +0     A>B S  0(0)         <mss 1460, sackOK, ts 100 0, wscale 7>
      +1ms   B>A SA 0(0)   ack 1 id 0 <mss 1460, sackOK, ts 900 100, wscale 7>
      +19ms  A>B A  1(0)   ack 1 <ts 120 900>
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +0     B>A A  1(0) ack 101         <ts 901 121>
      +300ms A>B PA 101(100) ack 1 id 6  <ts 421 901> ; retransmission, ${need}, original unseen
      +0     B>A A  1(0) ack 201         <ts 1201 ${echo}>
    `
    expectVerdicts(acknowledged('needed', 421))
    expectVerdicts(acknowledged('spurious', 221))
  })

  it('does not when the missing packets may have been ACKs of what the other side sent', () => {
    const asked = `${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +1ms   B>A PA 1(100) ack 101       <ts 902 121>`
    expectVerdicts(`${asked}
      +300ms A>B PA 101(100) ack 101 id 6  <ts 422 902>
    `)
    expectVerdicts(`${asked}
      +300ms A>B PA 101(100) ack 101 id 7  <ts 422 902> ; retransmission, original unseen
    `)
  })

  it('takes the one that is missing for a response if the next comes when a first time-out would repeat it', () => {
    const asked = `${OPEN}
      +1ms   A>B PA 1(100) ack 1       <ts 121 900>
      +10ms  B>A PA 1(100) ack 101 id 1   <ts 911 121>
      +1ms   A>B PA 101(100) ack 101   <ts 133 911>`
    expectVerdicts(`${asked}
      +225ms B>A PA 101(100) ack 201 id 3 <ts 1135 133> ; retransmission, original unseen
    `)
    expectVerdicts(`${asked}
      +600ms B>A PA 101(100) ack 201 id 3 <ts 1510 133>
    `)
  })

  it('does not when the one that seems to be missing had the number 0, which follows 65,535', () => {
    const before = `
      ids
      +0    A>B S  0(0)         id 65533 <mss 1460, sackOK, ts 100 0, wscale 7>
      +20ms B>A SA 0(0)   ack 1 id 0     <mss 1460, sackOK, ts 900 100, wscale 7>
      +0    A>B A  1(0)   ack 1 id 65534 <ts 120 900>
      +1ms  A>B PA 1(100) ack 1 id 65535 <ts 121 900>
      +0    B>A A  1(0) ack 101          <ts 901 121>`
    expectVerdicts(`${before}
      +50ms  A>B PA 101(100) ack 1 id 0  <ts 171 901>
      +0     B>A A  1(0) ack 201         <ts 951 171>
      +300ms A>B PA 201(100) ack 1 id 1  <ts 471 951>
    `)
    expectVerdicts(`${before}
      +300ms A>B PA 101(100) ack 1 id 1  <ts 421 901> ; retransmission, original unseen
    `)
  })

  it('does not when it may have been the answer to a keep-alive', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +1ms   B>A A  1(0) ack 101         <ts 902 121>
      +60s   B>A A  0(0) ack 101         <ts 60902 121>
      +300ms A>B PA 101(100) ack 1 id 6  <ts 60422 902>
    `)
  })

  it('does not take late application data for one: no IP ID is missing', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +0     B>A A  1(0) ack 101         <ts 901 121>
      +300ms A>B PA 101(100) ack 1 id 5  <ts 421 901>
    `)
  })

  it('does not take what a stalled path delivers late for one: its timestamp says it was sent early', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 4    <ts 121 900>
      +0     B>A A  1(0) ack 101         <ts 901 121>
      +300ms A>B PA 101(100) ack 1 id 6  <ts 142 901>
    `)
  })

  it('finds a FIN sent again, though a FIN of the other side may be on its way: nothing acknowledged that', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 3    <ts 121 900>
      +0     B>A FA 1(0) ack 101         <ts 901 121>
      +300ms A>B FA 101(0) ack 1 id 5    <ts 421 900> ; retransmission, original unseen
    `)
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 3    <ts 121 900>
      +0     B>A FA 1(0) ack 101         <ts 901 121>
      +300ms A>B FA 101(0) ack 2 id 5    <ts 421 901>
    `)
  })

  it('does not find one where the application made room meanwhile, and its host may have said so', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B PA 1(100) ack 1 win 100 id 3   <ts 121 900>
      +0     B>A A  1(0) ack 101                <ts 901 121>
      +300ms A>B PA 101(100) ack 1 win 300 id 5 <ts 421 901>
    `)
  })

  it('does not find one where a repetition may have been answered', () => {
    expectVerdicts(`${OPEN}
      +1ms   B>A PA 1(100) ack 1             <ts 901 120>
      +200ms B>A PA 1(100) ack 1             <ts 1101 120> ; tlp, needed
      +20ms  A>B A  1(0)   ack 101 id 3      <ts 341 1101>
      +300ms A>B PA 1(100) ack 101 win 1000 id 5 <ts 641 1101>
    `)
  })

  it('does not believe numbers that others share: some are missing where nothing can be lost', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(100) ack 1 id 5    <ts 121 900>
      +0     A>B A  101(100) ack 1 id 7  <ts 121 900>
      +0     A>B A  201(100) ack 1 id 9  <ts 121 900>
      +0     B>A A  1(0) ack 301         <ts 901 121>
      +300ms A>B PA 301(100) ack 1 id 11 <ts 421 901>
    `)
  })

  it('finds the tail that is sent again behind a hole: its original is missing since before the hole was filled', () => {
    expectVerdicts(`${OPEN}
      +1ms  A>B A  1(1000)    ack 1 id 3         <ts 121 900>
      +0    A>B A  2001(1000) ack 1 id 5         <ts 121 900>
      +0    B>A A  1(0) ack 1001                 <ts 901 121, sack 2001:3001>
      +20ms A>B A  1001(1000) ack 1 id 7         <ts 141 901> ; fast, original unseen
      +0    B>A A  1(0) ack 3001                 <ts 921 141>
      +20ms A>B PA 3001(500) ack 1 id 8          <ts 161 921> ; retransmission, original unseen
    `)
  })

  it('does not take new segments for that while there are holes: what is missing may have been sent to fill one', () => {
    const holes = (after: string): string => `${OPEN}
      +1ms  A>B A  1(1000)    ack 1 id 3         <ts 121 900>
      +0    A>B A  2001(1000) ack 1 id 5         <ts 121 900>
      +0    A>B A  4001(1000) ack 1 id 7         <ts 121 900>
      +0    B>A A  1(0) ack 1001                 <ts 901 121, sack 4001:5001 2001:3001>
      ${after}`
    // The repetition of the first hole is missing before that of the second.
    expectVerdicts(
      holes(`
      +20ms A>B A  3001(1000) ack 1 id 9         <ts 141 901> ; fast, original unseen
      +0    B>A A  1(0) ack 1001                 <ts 921 141, sack 2001:5001>
      +1ms  A>B PA 5001(500) ack 1 id 10         <ts 142 901>
    `),
    )
    // It is missing before what is new.
    expectVerdicts(
      holes(`
      +40ms A>B PA 5001(500) ack 1 id 9          <ts 161 901>
    `),
    )
  })

  it('takes what is missing before a time-out’s repetition for an earlier one of the same', () => {
    expectVerdicts(`${OPEN}
      +1ms   A>B A  1(1000)    ack 1 id 3        <ts 121 900>
      +0     A>B A  2001(1000) ack 1 id 5        <ts 121 900>
      +0     B>A A  1(0) ack 1001                <ts 901 121, sack 2001:3001>
      +250ms A>B A  1001(1000) ack 1 id 7        <ts 371 901> ; rto, original unseen
      +0     B>A A  1(0) ack 3001                <ts 1151 371>
      +20ms  A>B PA 3001(500) ack 1 id 8         <ts 391 1151>
    `)
  })
})

describe('what lies behind a mere ACK of its sender', () => {
  const ASKED = `${OPEN}
      +1ms   A>B PA 1(100) ack 1 id 3    <ts 121 900>
      +0     B>A PA 1(100) ack 101       <ts 901 121>`

  it('was sent before that, so it is sent again', () => {
    expectVerdicts(`${ASKED}
      +20ms  A>B A  201(0) ack 101 id 5     <ts 141 901>
      +300ms A>B PA 101(100) ack 101 id 6   <ts 441 901> ; tlp, needed, original unseen
      +0     B>A A  101(0) ack 201          <ts 1221 441>
    `)
    expectVerdicts(`${ASKED}
      +20ms  A>B A  201(0) ack 101 id 5     <ts 141 901>
      +300ms A>B FA 200(0) ack 101 id 6     <ts 441 901> ; tlp, original unseen
    `)
  })

  it('was overtaken by it where its IP ID or its timestamp is older, or it comes at once', () => {
    expectVerdicts(`${ASKED}
      +20ms  A>B A  201(0) ack 101 id 5     <ts 141 901>
      +1ms   A>B PA 101(100) ack 101 id 4   <ts 140 901> ; reordered
    `)
    const plain = `
      +0    A>B S  0(0)         <mss 1460>
      +20ms B>A SA 0(0)   ack 1 <mss 1460>
      +0    A>B A  1(0)   ack 1
      +1ms  A>B PA 1(100) ack 1
      +20ms A>B A  201(0) ack 101`
    expectVerdicts(`${plain}
      +1ms   A>B PA 101(100) ack 101 ; reordered
    `)
    expectVerdicts(`${plain}
      +300ms A>B PA 101(100) ack 101 ; rto, original unseen
    `)
  })
})

describe('a SYN-ACK that is seen first', () => {
  const ASKED = `
      ids
      +0    A>B S  0(0) <mss 1460, sackOK, ts 100 0>
      +1s   A>B S  0(0) <mss 1460, sackOK, ts 1100 0>`

  it('is sent again where it echoes the first SYN and the second has passed', () => {
    expectVerdicts(`${ASKED} ; syn, spurious
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 100> ; synack, needed, original unseen
      +0    A>B A  1(0) ack 1      <ts 1120 1900>
    `)
  })

  it('is not where it echoes the second', () => {
    expectVerdicts(`${ASKED} ; syn, needed
      +20ms B>A SA 0(0) ack 1 id 0 <mss 1460, sackOK, ts 1900 1100>
      +0    A>B A  1(0) ack 1      <ts 1120 1900>
    `)
  })
})

describe('ACKs that are missing', () => {
  const SENT = `${OPEN}
      +1ms   B>A PA 1(100) ack 1   <ts 901 120>
      +20ms  A>B A  1(0)   ack 101 id 3 <ts 141 901>
      +80ms  B>A PA 101(100) ack 1 <ts 1001 141>
      +220ms B>A PA 101(100) ack 1 <ts 1221 141>`

  it('answered transmissions before the last', () => {
    expectVerdicts(`${SENT} ; tlp, spurious
      +20ms  A>B A  1(0)   ack 201 id 5 <ts 461 1221>
    `)
    expectVerdicts(`${SENT} ; tlp, needed
      +20ms  A>B A  1(0)   ack 201 id 4 <ts 461 1221>
    `)
  })

  it('may have been segments where some are missing in sequence as well, and then nothing tells', () => {
    expectVerdicts(`${SENT} ; tlp, cannot tell
      +20ms  A>B A  2(0)   ack 201 id 5 <ts 461 1221>
    `)
  })

  it('leave no doubt where SACKs had asked for the segment', () => {
    expectVerdicts(`${OPEN}
      +1ms   B>A A  1(1000)    ack 1 <ts 901 120>
      +0     B>A A  1001(1000) ack 1 <ts 901 120>
      +20ms  A>B A  1(0)   ack 1    id 3 <ts 141 900, sack 1001:2001>
      +0     B>A A  1(1000)    ack 1 <ts 921 141> ; fast, needed
      +20ms  A>B A  2(0)   ack 2001 id 5 <ts 161 921>
    `)
  })

  it('answered what was sent once as well, every second of them', () => {
    const two = `${OPEN}
      +1ms   B>A A  1(1000) ack 1    <ts 901 120>
      +20ms  A>B A  1(0)   ack 1001 id 3 <ts 141 901>
      +80ms  B>A A  1001(1000) ack 1 <ts 1001 141>
      +0     B>A A  2001(1000) ack 1 <ts 1001 141>
      +0     B>A PA 3001(1000) ack 1 <ts 1001 141>
      +220ms B>A PA 3001(1000) ack 1 <ts 1221 141>`
    expectVerdicts(`${two} ; tlp, needed
      +20ms  A>B A  1(0)   ack 4001 id 5 <ts 461 1221>
    `)
    expectVerdicts(`${two} ; tlp, spurious
      +20ms  A>B A  1(0)   ack 4001 id 7 <ts 461 1221>
    `)
  })

  it('may have answered each of what was sent once, where this one would tell in a DSACK that its bytes had come before', () => {
    const two = `${OPEN}
      +1ms   B>A A  1(1000) ack 1    <ts 901 120>
      +20ms  A>B A  1(0)   ack 1001 id 3 <ts 141 901>
      +80ms  B>A A  1001(1000) ack 1 <ts 1001 141>
      +0     B>A A  2001(1000) ack 1 <ts 1001 141>
      +0     B>A PA 3001(1000) ack 1 <ts 1001 141>
      +220ms B>A PA 3001(1000) ack 1 <ts 1221 141> ; tlp,`
    expectVerdicts(`${two} needed
      +20ms  A>B A  1(0)   ack 4001 id 6 <ts 461 1221>
    `)
    // It says so; it answers the original; it has no DSACK for another reason.
    expectVerdicts(`${two} spurious
      +20ms  A>B A  1(0)   ack 4001 id 6 <ts 461 1221, sack 3001:4001>
    `)
    expectVerdicts(`${two} spurious
      +20ms  A>B A  1(0)   ack 4001 id 6 <ts 461 1001>
    `)
    expectVerdicts(`${two} spurious
      +20ms  A>B PA 1(10)  ack 4001 id 8 <ts 461 1221>
    `)
    expectVerdicts(`${two} spurious
      +20ms  A>B FA 1(0)   ack 4001 id 8 <ts 461 1221>
    `)
  })

  it('make it likely that what nothing answered had come, if no segment was needed twice', () => {
    const lost = `${OPEN}
      +1ms   B>A A  1(1000) ack 1    <ts 901 120>
      +0     B>A A  1001(1000) ack 1 <ts 901 120>
      +0     B>A A  2001(1000) ack 1 <ts 901 120>
      +0     B>A A  3001(1000) ack 1 <ts 901 120>
      +20ms  A>B A  1(0)   ack 4001 id 5 <ts 141 901>
      +80ms  B>A PA 4001(100) ack 1  <ts 1001 141>
      +220ms B>A PA 4001(100) ack 1  <ts 1221 141>`
    expectVerdicts(`${lost} ; tlp, spurious
    `)
    expectVerdicts(`${lost} ; tlp, needed
      +20ms  A>B A  1(0)   ack 4101 id 6 <ts 461 1221>
      +80ms  B>A PA 4101(100) ack 1  <ts 1321 461>
      +220ms B>A PA 4101(100) ack 1  <ts 1541 461> ; rto, cannot tell
    `)
  })

  it('say nothing where SACKs asked for the segment, or what was sent before it had to come again', () => {
    expectVerdicts(`${OPEN}
      +1ms   B>A A  1(1000) ack 1    <ts 901 120>
      +0     B>A A  1001(1000) ack 1 <ts 901 120>
      +0     B>A A  2001(1000) ack 1 <ts 901 120>
      +0     B>A A  3001(1000) ack 1 <ts 901 120>
      +0     B>A A  4001(1000) ack 1 <ts 901 120>
      +20ms  A>B A  1(0) ack 3001 id 5 <ts 141 901, sack 4001:5001>
      +0     B>A A  3001(1000) ack 1 <ts 921 141> ; fast, cannot tell
      +250ms B>A A  3001(1000) ack 1 <ts 1171 141> ; rto, cannot tell
    `)
  })

  it('are not what an ACK from TIME-WAIT tells of: without an IP ID it answers a FIN that had come before', () => {
    const closing = `${OPEN}
      +1ms   A>B FA 1(0) ack 1 id 3  <ts 121 900>
      +0     B>A FA 1(0) ack 2       <ts 901 121>`
    expectVerdicts(`${closing}
      +220ms B>A FA 1(0) ack 2       <ts 1121 121> ; tlp, spurious
      +20ms  A>B A  2(0) ack 2 id 0  <ts 361 1121>
    `)
    expectVerdicts(`${closing}
      +10ms  B>A A  2(0) ack 2       <ts 911 121>
      +210ms B>A FA 1(0) ack 2       <ts 1121 121> ; tlp, needed
      +20ms  A>B A  2(0) ack 2 id 0  <ts 361 1121>
    `)
  })
})
