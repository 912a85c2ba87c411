import { describe, expect, it } from 'vitest'
import { ethernet, ipv4, tcp } from '../../query/testing/frames.ts'
import { findInConnections, findInFrames, kindsOf, theFinding } from '../../../test/support/find-in.ts'

const OPENS = `
  +0    A>B S  0(0)
  +20ms B>A SA 0(0) ack 1
  +0    A>B A  1(0) ack 1
  +1ms  A>B PA 1(100) ack 1
  +20ms B>A PA 1(200) ack 101
  +0    A>B A  101(0) ack 201`

describe('the keep-alive race', () => {
  it('is a request that crosses the server’s FIN', async () => {
    const report = await findInConnections(`${OPENS}
      +5s   A>B PA 101(100) ack 201
      +5ms  B>A FA 201(0) ack 101
      +0    A>B A  201(0) ack 202
      +15ms B>A R  201(0)`)
    expect(theFinding(report)).toMatchObject({ kind: 'keep-alive-race', count: 1 })
  })

  it('is no FIN that answers the request', async () => {
    const report = await findInConnections(`${OPENS}
      +5s   A>B PA 101(4) ack 201
      +25ms B>A FA 201(0) ack 101
      +0    A>B A  105(0) ack 202
      +15ms B>A R  201(0)`)
    expect(kindsOf(report)).not.toContain('keep-alive-race')
  })

  it('is no line that meets the end of a login that failed: the server waited for nothing', async () => {
    const report = await findInConnections(`
      +0    A>B S  0(0)
      +600us B>A SA 0(0) ack 1
      +0    A>B A  1(0) ack 1
      +0    A>B PA 1(9) ack 1
      +500us B>A PA 1(12) ack 1
      +200us A>B PA 10(15) ack 13
      +300us B>A PA 13(37) ack 10
      +200ms B>A A  50(0) ack 25
      +1ms  A>B A  25(0) ack 50
      +1.9s A>B PA 25(2) ack 50
      +400us B>A FPA 50(0) ack 25
      +200us A>B A  27(0) ack 51
      +100us B>A R  50(0)`)
    expect(kindsOf(report)).not.toContain('keep-alive-race')
  })

  it('is no server that ends what it was never asked anything on', async () => {
    const report = await findInConnections(`
      +0    A>B S  0(0)
      +20ms B>A SA 0(0) ack 1
      +0    A>B A  1(0) ack 1
      +0    B>A PA 1(30) ack 1
      +0    A>B A  1(0) ack 31
      +5s   A>B PA 1(20) ack 31
      +5ms  B>A FA 31(0) ack 1
      +0    A>B A  21(0) ack 32
      +15ms B>A R  31(0)`)
    expect(kindsOf(report)).not.toContain('keep-alive-race')
  })

  it('is no reset after an orderly end', async () => {
    const report = await findInConnections(`${OPENS}
      +5s   B>A FA 201(0) ack 101
      +0    A>B FA 101(0) ack 202
      +20ms B>A A  202(0) ack 102
      +1ms  A>B R  102(0)`)
    expect(kindsOf(report)).toEqual([])
  })
})

describe('the idle time-out', () => {
  const idle = (seconds: number, answer: string) => `${OPENS}
      +${seconds}s  A>B PA 101(100) ack 201
      +20ms B>A ${answer}`
  const GOES_ON = 'PA 201(100) ack 201\n+0 A>B A 201(0) ack 301'

  it('lies between what survived and what did not', async () => {
    const report = await findInConnections(idle(50, GOES_ON), idle(70, 'R 201(0)'), idle(90, 'R 201(0)'))
    const finding = theFinding(report)
    expect(finding.kind).toBe('idle-timeout')
    expect(finding.sentence).toContain('between 50.0 s (the longest that survived) and 70.0 s (the shortest')
    expect(finding.sentence).toContain('AWS ALB (60 s)')
  })

  it('is none where longer silences survived', async () => {
    const report = await findInConnections(idle(80, GOES_ON), idle(70, 'R 201(0)'))
    expect(kindsOf(report)).not.toContain('idle-timeout')
  })

  it('is none where the client itself says that it has closed, which the server was not told', async () => {
    const forgotten = (ttl: string) => `${OPENS}\n+20s B>A A 200(0) ack 101\n+1ms A>B R 101(0)${ttl}`
    expect(kindsOf(await findInConnections(forgotten('')))).toEqual([])
    expect(kindsOf(await findInConnections(forgotten(' ttl 61')))).toEqual(['idle-timeout'])
  })

  it('is none where the reset comes by itself, before anything was sent', async () => {
    expect(kindsOf(await findInConnections(`${OPENS}\n+70s B>A RA 201(0) ack 101`))).toEqual([])
  })
})

describe('a reset instead of an answer', () => {
  it('is told where the client waited', async () => {
    const report = await findInConnections(`${OPENS}\n+1s A>B PA 101(100) ack 201\n+300ms B>A RA 201(0) ack 201`)
    expect(theFinding(report)).toMatchObject({ kind: 'mid-stream-reset', costMs: 300 })
  })

  it('has the TTL of the server’s packets only if all the resets have', async () => {
    const own = `${OPENS}\n+1s A>B PA 101(100) ack 201\n+300ms B>A RA 201(0) ack 201`
    expect(theFinding(await findInConnections(own, own)).why).toContain('have the TTL of the server')
    // The paths of this one's packets differ in length, so who reset it can't be told.
    const other = `${OPENS} ttl 63\n+1s B>A A 201(0) ack 101 ttl 62\n+0 A>B PA 101(100) ack 201\n+9ms B>A RA 201(0) ack 201 ttl 60`
    const finding = theFinding(await findInConnections(own, other))
    expect(finding).toMatchObject({ kind: 'mid-stream-reset', count: 2 })
    expect(finding.why).not.toContain('TTL')
  })

  const FAR = OPENS.replaceAll(/B>A [^\n]*/g, '$& ttl 62')
  it.each([
    ['the server', `${FAR}\n+1s A>B PA 101(100) ack 201\n+1ms B>A R 201(0) ttl 63`, '63 instead of 62'],
    ['the clients', `${OPENS}\n+1s B>A PA 201(100) ack 101\n+1ms A>B R 101(0) ttl 61`, '61 instead of 64'],
  ])('is somebody else’s, in the name of %s, where its TTL tells', async (name, text, why) => {
    const finding = theFinding(await findInConnections(text))
    expect(finding.kind).toBe('mid-stream-reset')
    expect(finding.sentence).toContain(`by somebody else, in the name of ${name}.`)
    expect(finding.why).toContain(why)
  })

  const GOES_ON = `${OPENS}\n+1s A>B A 101(0) ack 201\n+1ms B>A R 201(0)\n+5ms B>A PA 201(100) ack 101`
  it('is somebody else’s where its end goes on', async () => {
    const finding = theFinding(await findInConnections(GOES_ON))
    expect(finding).toMatchObject({ kind: 'mid-stream-reset', title: 'Resets from somebody on the way' })
    expect(finding.why).toBe(
      'The end that they seem to come from sent on afterwards (5.00 ms later), which neither an end that resets does nor one without the connection.',
    )
    expect(finding.ruledOut).toContain('The program itself: it went on with the connection.')
    const both = await findInConnections(GOES_ON, `${FAR}\n+1s A>B PA 101(100) ack 201\n+1ms B>A R 201(0) ttl 63`)
    expect(theFinding(both).why).toMatch(
      /^Some of their TTLs .*\(63 instead of 62\)\. In 1 connection that end sent on/,
    )
  })

  it('tells of both where its TTL and its going on tell', async () => {
    const goesOn = GOES_ON.replaceAll(/B>A [^\n]*/g, '$& ttl 62').replace('R 201(0) ttl 62', 'R 201(0) ttl 63')
    const both = theFinding(await findInConnections(goesOn))
    expect(both.why).toMatch(
      /^Their TTLs are of another number .*\(63 instead of 62\)\. The end that they seem to come from sent on/,
    )
    // Another initial TTL from as far away, or an end whose own packets differ, tells nothing.
    for (const [own, reset] of [
      [62, 253],
      ['62', '61'],
    ] as const) {
      let text = GOES_ON.replaceAll(/B>A [^\n]*/g, `$& ttl ${own}`).replace(
        `R 201(0) ttl ${own}`,
        `R 201(0) ttl ${reset}`,
      )
      if (reset === '61') text = text.replace('PA 1(200) ack 101 ttl 62', 'PA 1(200) ack 101 ttl 61')
      expect(theFinding(await findInConnections(text)).why).toMatch(/^The end that they seem to come from/)
    }
    const one = theFinding(await findInConnections(goesOn, GOES_ON))
    expect(one.why).toMatch(/^Some of their TTLs .*\(63 instead of 62\)\. The end/)
  })

  describe('where a host captures at all its interfaces', () => {
    // Each packet of the server passes two of them, as the client's do on their way to it.
    const twice = (text: string) => {
      let id = 0
      return text.replaceAll(/^.*[AB]>.*$/gm, (line) => {
        id++
        return `${line} id ${id}\n${line.replace(/\+\S+/, '+10us')} id ${id} ttl 63`
      })
    }
    const open = twice(`${OPENS}\n+1ms A>B PA 101(100) ack 201\n+5ms B>A PA 201(50) ack 201\n+0 A>B A 201(0) ack 251`)
    const asks = '+1s A>B PA 201(100) ack 251'
    const reset = '+1ms B>A R 251(0)'

    it('is that host’s, if the data came no further and the reset passed one interface only', async () => {
      const finding = theFinding(await findInConnections(`${open}\n${asks} id 900\n${reset} id 901`))
      expect(finding).toMatchObject({ kind: 'mid-stream-reset', title: 'Resets made on this host' })
      expect(finding.blamed).toMatch(/^a rule on the host of this capture that rejects/)
    })

    it('is so where it answers a mere ACK', async () => {
      const goesOn = twice('+5ms B>A PA 251(50) ack 201').replaceAll(/ id \d/g, ' id 903')
      const rejected = `${open}\n+1ms A>B A 201(0) ack 251 id 900\n${reset} id 901\n${goesOn}`
      expect(theFinding(await findInConnections(rejected))).toMatchObject({ title: 'Resets made on this host' })
    })

    it('is the server’s where it passed both', async () => {
      const finding = theFinding(
        await findInConnections(`${open}\n${twice(`${asks}\n${reset}`).replaceAll(/ id (\d)\b/g, ' id 90$1')}`),
      )
      expect(finding.blamed).toMatch(/^the program behind/)
    })
  })

  it.each([
    ['a client that resets when it has its answer', `${OPENS}\n+10ms A>B RA 101(0) ack 201`],
    ['a server that resets when it has answered', `${OPENS}\n+10ms B>A RA 201(0) ack 101`],
    [
      'a client that gives up',
      `${OPENS}\n+1s A>B PA 101(100) ack 201\n+20ms B>A A 201(0) ack 201\n+3s A>B RA 201(0) ack 201`,
    ],
  ])('is silent about %s', async (_, text) => {
    expect(kindsOf(await findInConnections(text))).toEqual([])
  })
})

describe('answers that were not translated back', () => {
  const packet = (
    time: number,
    source: string,
    sourcePort: number,
    destination: string,
    port: number,
    rest: object,
  ) => ({
    time: time * 1e6,
    bytes: ethernet(
      0x800,
      ipv4(
        { source, destination, protocol: 6 },
        tcp(
          { source: sourcePort, destination: port, seq: 0, flags: 0, ...rest },
          new Uint8Array('data' in rest ? 100 : 0),
        ),
      ),
    ),
  })
  const CLIENT = '10.244.1.5'
  const SERVICE = '10.96.0.20'
  const POD = '10.244.2.9'
  const KNOWN = [
    packet(0, CLIENT, 40_000, SERVICE, 80, { seq: 100, flags: 2 }),
    packet(1, SERVICE, 80, CLIENT, 40_000, { seq: 500, ack: 101, flags: 0x12 }),
    packet(2, CLIENT, 40_000, SERVICE, 80, { seq: 101, ack: 501, flags: 0x10 }),
    packet(3, CLIENT, 40_000, SERVICE, 80, { seq: 101, ack: 501, flags: 0x18, data: true }),
  ]
  const STRAY = packet(5, POD, 8080, CLIENT, 40_000, { seq: 501, ack: 201, flags: 0x18, data: true })

  it('are the client’s resets of packets that come from the pod itself', async () => {
    const report = await findInFrames([...KNOWN, STRAY, packet(6, CLIENT, 40_000, POD, 8080, { seq: 201, flags: 4 })])
    const finding = theFinding(report)
    expect(finding.kind).toBe('conntrack-invalid')
    expect(finding.sentence).toContain('from 10.244.1.5 to 10.96.0.20:80 got packets from 10.244.2.9:8080 instead')
  })

  it('are SYN-ACKs where the way back passes no translation, and no policy that drops', async () => {
    const tries = [0, 1000, 3000].flatMap((at) => [
      packet(at, CLIENT, 40_000, SERVICE, 80, { seq: 100, flags: 2 }),
      packet(at + 1, POD, 8080, CLIENT, 40_000, { seq: 500, ack: 101, flags: 0x12 }),
      packet(at + 2, CLIENT, 40_000, POD, 8080, { seq: 101, flags: 4 }),
    ])
    const finding = theFinding(await findInFrames(tries))
    // The SYN was sent again after 1 and 2 s: time of one connection, however many packets came back.
    expect(finding).toMatchObject({ kind: 'conntrack-invalid', count: 1, costMs: 3000 })
    expect(finding.sentence).toMatch(/^1 connection from 10\.244\.1\.5 .* so none of them opens\.$/)
    expect(finding.blamed).toMatch(/^the way back, which does not pass the connection tracking/)
  })

  it('are not late packets of the same connection, after it had ended', async () => {
    const report = await findInFrames([
      ...KNOWN,
      packet(4, CLIENT, 40_000, SERVICE, 80, { seq: 201, ack: 501, flags: 0x14 }),
      packet(5, SERVICE, 80, CLIENT, 40_000, { seq: 501, ack: 201, flags: 0x18, data: true }),
      packet(6, CLIENT, 40_000, SERVICE, 80, { seq: 201, flags: 4 }),
    ])
    expect(kindsOf(report)).toEqual([])
  })

  it('are not a second connection that was opened with the same port', async () => {
    const report = await findInFrames([
      ...KNOWN,
      packet(4, CLIENT, 40_000, POD, 8080, { seq: 900, flags: 2 }),
      packet(5, POD, 8080, CLIENT, 40_000, { seq: 0, ack: 901, flags: 0x14 }),
    ])
    expect(kindsOf(report)).toEqual(['refused'])
  })

  it('are not the rest of a connection older than the capture, which nobody resets', async () => {
    expect(kindsOf(await findInFrames([...KNOWN, STRAY]))).toEqual([])
  })
})
