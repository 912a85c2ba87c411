import { describe, expect, it, vi } from 'vitest'
import { concat, ethernet, icmp, ipv4, ipv6, tcp, udp } from '../../query/testing/frames.ts'
import {
  findInConnections,
  findInFrames,
  framesOf,
  kindsOf,
  theFinding,
  type TimedFrame,
} from '../../../test/support/find-in.ts'
import { parseScenario } from '../../../test/support/tcp-scenario.ts'
import { Segments } from '../segments.ts'

// What can happen to a SYN, and what looks like it.

const OPENS = `
  +0    A>B S  0(0)
  +20ms B>A SA 0(0) ack 1
  +0    A>B A  1(0) ack 1`

describe('lost SYNs', () => {
  it.each([
    [
      'Linux 6.5 and later, 1, 1, 1, 1, 2 s',
      ['1s', '1s', '1s', '1s', '2s'],
      'at the same interval (Linux 6.5 and later)',
      6000,
    ],
    ['before, 1, 2, 4 s', ['1s', '2s', '4s'], 'at doubling intervals', 7000],
    ['BSD and Windows, 3, 6 s', ['3s', '6s'], 'at doubling intervals', 9000],
  ])('knows the timers of %s', async (_, gaps, text, costMs) => {
    const repetitions = gaps.map((gap) => `+${gap} A>B S 0(0)`).join('\n')
    const report = await findInConnections(
      `+0 A>B S 0(0)\n${repetitions}\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`,
      OPENS,
    )
    const finding = theFinding(report)
    expect(finding.kind).toBe('syn-loss')
    expect(finding.why).toContain(text)
    expect(finding.costMs).toBe(costMs)
  })

  it('last until the connection opens, where SYN-ACKs had passed before the last SYN', async () => {
    const text = `+0 A>B S 0(0)\n+1ms B>A SA 0(0) ack 1\n+2s B>A SA 0(0) ack 1\n+999ms A>B S 0(0)\n+4s A>B A 1(0) ack 1`
    expect(theFinding(await findInConnections(text))).toMatchObject({ kind: 'syn-loss', costMs: 7000 })
    const answered = text.replace('+4s A>B', '+1ms B>A SA 0(0) ack 1\n+4s A>B')
    expect(theFinding(await findInConnections(answered))).toMatchObject({ kind: 'syn-loss', costMs: 3000 })
  })

  it('does not call on other connections where there are none', async () => {
    const late = '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1'
    expect(theFinding(await findInConnections(late, OPENS)).why).toMatch(/Other connections to the same port opened/)
    expect(theFinding(await findInConnections(late)).why).toMatch(/after 1\.00 s\. A SYN was answered/)
  })

  describe('beside data', () => {
    const late = `+0 A>B S 0(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`
    const talks = (everySo: number) =>
      `${OPENS}\n${Array.from({ length: 120 }, (_, n) => {
        const lost = (n + 1) % everySo === 0 ? `+1ms A>B PA ${1 + 100 * n}(100) ack 1\n+250ms ` : '+1ms '
        return `${lost}A>B PA ${1 + 100 * n}(100) ack 1\n+20ms B>A A 1(0) ack ${101 + 100 * n}`
      }).join('\n')}`

    it.each([
      [Infinity, true],
      [5, false],
    ])('says whether only new connections are hit (data lost one in %d)', async (everySo, only) => {
      const { findings } = await findInConnections(talks(everySo), ...[1, 2, 3, 4, 5].map((at) => ({ at, text: late })))
      const finding = findings.find(({ kind }) => kind === 'syn-loss')
      expect(finding?.count).toBe(5)
      expect(finding?.blamed.includes('what only a new connection needs')).toBe(only)
      expect(finding?.why.includes('data segments of these connections none')).toBe(only)
    })
  })

  it('says that the SYN-ACK was lost where it had passed', async () => {
    const finding = theFinding(
      await findInConnections(
        OPENS,
        `+0 A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`,
      ),
    )
    expect(finding.blamed).toMatch(/^the way from this capture point to the client/)
    expect(finding.settle).toBe('A capture in the client pod: whether the SYN-ACKs arrive there.')
    expect(finding.sentence).toContain(' 1 SYN-ACK had passed here before the last SYN, in vain.')
    expect(finding.evidence.map(({ role }) => role)).toEqual([
      'the SYN',
      'the answer',
      'its repetition',
      'the answer again',
    ])
  })

  it.each([
    ['a SYN captured twice', `ids\n+0 A>B S 0(0)\n+1ms A>B S 0(0) id 1\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`],
    ['the last SYN before the capture ends', '+0 A>B S 0(0)'],
    ['a slow answer', '+0 A>B S 0(0)\n+900ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1'],
    ['SYNs played back without their times', '+0 A>B S 0(0)\n+1ms A>B S 0(0)\n+1ms A>B S 0(0)\n+1ms A>B S 0(0)'],
  ])('is silent about %s', async (_, text) => {
    expect(kindsOf(await findInConnections(OPENS, text))).toEqual([])
  })
})

describe('SYNs that vanish', () => {
  const SILENCE = '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+1s A>B S 0(0)'

  it('are a policy where other ports answer', async () => {
    const finding = theFinding(
      await findInConnections(OPENS, { text: SILENCE, serverPort: 5432 }, { text: SILENCE, serverPort: 5432 }),
    )
    expect(finding).toMatchObject({ kind: 'policy-drop', count: 2, server: { address: '10.0.0.2', port: 5432 } })
    expect(finding.blamed).toMatch(/^a network policy/)
  })

  it('may be a host that is gone where nothing answers', async () => {
    const finding = theFinding(await findInConnections({ text: SILENCE, server: 9 }, { text: SILENCE, server: 9 }))
    expect(finding.blamed).toMatch(/^cannot tell/)
    expect(finding.confidence).toBeLessThan(0.7)
  })

  it('are a policy too where the address answers over UDP', async () => {
    const from = (source: string, destination: string, a: number, b: number, time: number) => ({
      time,
      bytes: ethernet(0x800, ipv4({ source, destination, protocol: 17 }, udp(a, b, [1, 2]))),
    })
    const asked = [from('10.0.0.1', '10.0.0.2', 999, 53, 0), from('10.0.0.2', '10.0.0.1', 53, 999, 1e6)]
    const finding = theFinding(await findInFrames([...asked, ...framesOf({ text: SILENCE, serverPort: 53 }, 1)]))
    expect(finding.kind).toBe('policy-drop')
    expect(finding.sentence).toContain('Other ports of the same address answer. DNS goes over TCP')
  })

  it('are lost, not forbidden, where one of them is answered', async () => {
    expect(kindsOf(await findInConnections(OPENS, SILENCE))).toEqual(['syn-loss'])
  })
})

describe('a refusal', () => {
  const REFUSED = '+0 A>B S 0(0)\n+1ms B>A RA 0(0) ack 1'

  it('is by this host where both ends are on it: there is no way between them', async () => {
    const both = { client: 2, server: 2, serverPort: 81 }
    const finding = theFinding(await findInConnections({ text: REFUSED, ...both }))
    expect(finding.blamed).toBe('10.0.0.2:81: no listener')
    expect(finding.sentence).toContain('1.00 ms after the SYN. Both ends are on this host')
  })

  it.each([
    [1, 4, 'ICMP port unreachable'],
    [1, 1, 'ICMP communication administratively prohibited'],
    [2, 0, undefined],
  ])('is said by ICMPv6 as well: type %d, code %d', async (type, code, said) => {
    const [client, server] = ['fd00:0:0:0:0:0:0:1', 'fd00:0:0:0:0:0:0:2']
    const syn = ipv6(
      { source: client, destination: server, protocol: 6 },
      tcp({ source: 4000, destination: 80, flags: 2, seq: 1 }),
    )
    const error = ipv6({ source: server, destination: client, protocol: 58 }, icmp(type, code, 0, syn))
    const frames = [syn, error].map((packet, n) => ({ time: n * 1e6, bytes: ethernet(0x86dd, packet) }))
    const { findings } = await findInFrames(frames)
    if (said === undefined) expect(findings).toEqual([])
    else expect(findings.map(({ kind, sentence }) => [kind, sentence.includes(said)])).toEqual([['refused', true]])
  })

  it('is a reset that acknowledges the SYN', async () => {
    expect(theFinding(await findInConnections(OPENS, { text: REFUSED, serverPort: 81 }))).toMatchObject({
      kind: 'refused',
      severity: 'high',
      title: '10.0.0.2:81 refused 10.0.0.1',
      blamed: '10.0.0.2:81: no listener (the resets have its usual TTL, 64)',
    })
  })

  it('is by the host or by somebody on the way, each connection by the TTL of its own reset', async () => {
    const far = (text: string) => ({ text: text.replaceAll(/B>A [^\n]*/g, '$& ttl 63') })
    const host = { ...far(REFUSED), serverPort: 81 }
    const report = await findInConnections(far(OPENS), host, { text: REFUSED, serverPort: 81 }, host)
    expect(report.findings.map(({ count, blamed }) => [count, blamed])).toEqual([
      [2, '10.0.0.2:81: no listener (the resets have its usual TTL, 63)'],
      [1, 'a firewall or proxy between this capture point and the server'],
    ])
  })

  /** An ICMP error about the SYN, from a router. */
  const saidOf = (syn: TimedFrame, type: number, code: number) => {
    const quote = concat([type, code, 0, 0, 0, 0, 0, 0], syn.bytes.subarray(14, 42))
    const bytes = ethernet(0x800, ipv4({ source: '10.9.9.9', destination: '10.0.0.1', protocol: 1 }, quote))
    return { time: syn.time + 1e6, bytes }
  }

  it.each([
    ['', ['refused']],
    [' ttl 9', []],
  ])('is a routing loop where hops run out, and none of a traceroute (SYN%s)', async (ttl, kinds) => {
    const [syn] = framesOf(`+0 A>B S 0(0)${ttl}`)
    const { findings } = await findInFrames([syn, saidOf(syn, 11, 0)])
    expect(findings.map(({ kind }) => kind)).toEqual(kinds)
    for (const { sentence, source } of findings) {
      expect(sentence).toContain('10.9.9.9 says so, not the server: it got them with no hop left')
      expect(source).toMatch(/rfc9293#section-3\.9\.2\.2$/)
    }
  })

  it.each([
    [2, ['10.9.9.9 refused 10.0.0.1 at 10.0.0.20:80', '10.9.9.9 refused 10.0.0.1 at 10.0.0.21:80']],
    [3, ['10.9.9.9 refused 10.0.0.1 at 3 servers']],
  ])('is told once of a router that has no route to many (%i)', async (servers, titles) => {
    const frames = Array.from({ length: servers }, (_, n) => {
      const [syn] = framesOf({ text: '+0 A>B S 0(0)', server: 20 + n }, n)
      return [syn, saidOf(syn, 3, 0)]
    }).flat()
    const { findings } = await findInFrames(frames)
    expect(findings.map(({ title }) => title).toSorted()).toEqual(titles)
    expect(findings.reduce((sum, { failed }) => sum + (failed ?? 0), 0)).toBe(servers)
    const commands = findings.flatMap(({ confirm }) => confirm.map(({ command, about }) => `${command}: ${about}`))
    expect(commands).toContain('ip route get 10.0.0.20: on the host with 10.9.9.9: whether it has a way there')
    expect(commands.join()).not.toContain('networkpolicies')
    if (servers === 3)
      expect(findings[0].sentence).toMatch(
        /^3 connections from 10\.0\.0\.1 to 10\.0\.0\.20:80, 10\.0\.0\.21:80 and 10\.0\.0\.22:80 were/,
      )
  })

  it('is told of the ports of one host as such', async () => {
    const frames = [1, 2, 3].flatMap((serverPort) => {
      const [syn] = framesOf({ text: '+0 A>B S 0(0)', serverPort }, serverPort)
      return [syn, saidOf(syn, 3, 13)]
    })
    expect(theFinding(await findInFrames(frames)).title).toBe('10.9.9.9 refused 10.0.0.1 at 3 ports of 10.0.0.2')
  })

  it('is no routing loop where a network is unreachable for the type of service, which is code 11', async () => {
    const [syn] = framesOf('+0 A>B S 0(0)')
    const { findings } = await findInFrames([syn, saidOf(syn, 3, 11)])
    expect(findings.map(({ sentence }) => sentence).join('')).not.toContain('hop')
  })

  it('is told also of very many connections', async () => {
    const pair = parseScenario(REFUSED).packets
    const frames = Array.from({ length: 150_000 }, (_, client) =>
      pair.map(({ frame, time }) => {
        const bytes = frame.bytes.slice()
        const view = new DataView(bytes.buffer)
        // The client's address is the sender's in the SYN, the receiver's in the reset.
        view.setUint32(bytes[29] === 1 ? 26 : 30, 0x0b00_0000 + client)
        return { time: client * 1e6 + time, bytes, length: frame.length }
      }),
    ).flat()
    expect(theFinding(await findInFrames(frames))).toMatchObject({ kind: 'refused', count: 150_000 })
  }, 120_000)

  it('is told apart by its title: who refused whom', async () => {
    const report = await findInConnections(
      OPENS,
      { text: REFUSED, serverPort: 81 },
      { text: REFUSED, serverPort: 82, server: 9 },
    )
    expect(report.findings.map(({ title }) => title).toSorted()).toEqual([
      '10.0.0.2:81 refused 10.0.0.1',
      '10.0.0.9:82 refused 10.0.0.1',
    ])
  })

  it('is no story where one client tries every port', async () => {
    const tries = Array.from({ length: 20 }, (_, n) => ({ text: REFUSED, serverPort: 1000 + n, at: n / 10 }))
    expect(kindsOf(await findInConnections(OPENS, ...tries))).toEqual([])
  })

  it('is no reset that somebody else sent, and after which the connection opened', async () => {
    const report = await findInConnections(
      '+0 A>B S 0(0)\n+5ms B>A RA 0(0) ack 1\n+1ms B>A FA 1(0) ack 1\n+1ms A>B R 1(0)',
    )
    expect(kindsOf(report)).toEqual([])
  })

  it('is no reset of an open connection', async () => {
    const report = await findInConnections(
      `${OPENS}\n+1ms A>B PA 1(10) ack 1\n+20ms B>A A 1(0) ack 11\n+20ms B>A RA 1(0) ack 11`,
    )
    expect(kindsOf(report)).toEqual(['mid-stream-reset'])
  })
})

describe('a full accept queue', () => {
  // Two clients complete the handshake; the server repeats its SYN-ACK as if it had not seen their ACKs.
  const LEFT_WAITING = `${OPENS}
    +1ms A>B PA 1(10) ack 1
    +1s  B>A SA 0(0) ack 1
    +0   A>B A 11(0) ack 1
    +2s  B>A SA 0(0) ack 1
    +0   A>B A 11(0) ack 1`

  it('shows in handshakes that were completed and not taken', async () => {
    const report = await findInConnections(
      { text: OPENS, at: 0 },
      { text: LEFT_WAITING, at: 1 },
      { text: LEFT_WAITING, at: 1.1 },
    )
    expect(kindsOf(report)).toEqual(['accept-queue'])
    expect(theFinding(report).count).toBe(2)
  })

  // The SYNs of three clients are ignored while the program stands still, then all are taken.
  const IGNORED = `+0 A>B S 0(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`
  const IGNORED_THREE = [0.2, 0.3, 0.4].map((at) => ({ text: IGNORED, at }))
  const STANDS = `${OPENS}\n+1ms A>B PA 1(10) ack 1\n+20ms B>A A 1(0) ack 11\n+1s B>A PA 1(10) ack 11`

  it('shows in SYNs that nobody takes while the program answers nobody', async () => {
    const report = await findInConnections({ text: STANDS, at: 0 }, ...IGNORED_THREE)
    expect(kindsOf(report)).toContain('accept-queue')
    const finding = report.findings.find(({ kind }) => kind === 'accept-queue')
    expect(finding).toMatchObject({ count: 3, confidence: 0.8 })
    expect(finding?.why).toMatch(/The program stood still for 1\.02 s/)
    expect(kindsOf(report)).not.toContain('syn-loss')
  })

  it.each([
    [
      'another request is answered meanwhile',
      [
        { text: STANDS, at: 0 },
        { text: `${OPENS}\n+1ms A>B PA 1(10) ack 1\n+300ms B>A PA 1(10) ack 11`, at: 0 },
      ],
    ],
    [
      'another SYN is answered meanwhile',
      [
        { text: STANDS, at: 0 },
        { text: OPENS, at: 0.5 },
      ],
    ],
    [
      'the kernel did not acknowledge the request either',
      [{ text: `${OPENS}\n+1ms A>B PA 1(10) ack 1\n+1s A>B PA 1(10) ack 1\n+20ms B>A PA 1(10) ack 11`, at: 0 }],
    ],
    [
      'the answer was sent early, and again',
      [
        {
          text: `${OPENS}\n+1ms A>B PA 1(10) ack 1\n+20ms B>A A 1(0) ack 11\n+100ms B>A PA 1(10) ack 11\n+900ms B>A PA 1(10) ack 11\n+20ms A>B A 11(0) ack 11`,
          at: 0,
        },
      ],
    ],
  ])('is not told where %s', async (_, others) => {
    expect(kindsOf(await findInConnections(...others, ...IGNORED_THREE))).not.toContain('accept-queue')
  })

  it('is looked for in one pass: four times the connections take four times the looks at packets', async () => {
    const looks = async (n: number) => {
      const ignored = Array.from({ length: n }, (_, i) => ({ text: IGNORED, at: 0.2 + i / 1000 }))
      const later = Array.from({ length: n }, (_, i) => ({ text: STANDS, at: 3 + i / 1000 }))
      const spy = vi.spyOn(Segments.prototype, 'flags')
      const report = await findInConnections({ text: STANDS, at: 0 }, ...ignored, ...later)
      const { length } = spy.mock.calls
      spy.mockRestore()
      expect(report.findings.find(({ kind }) => kind === 'accept-queue')?.count).toBe(n)
      return length
    }
    const few = await looks(20)
    expect(few).toBeGreaterThan(20 * 4)
    expect(await looks(80)).toBeLessThan(few * 4.2)
  })

  it('is not told from SYN-ACKs that met the ACK on their way', async () => {
    const crossing = `+0 A>B S 0(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1\n+19ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`
    const report = await findInConnections(OPENS, { text: crossing, at: 1 }, { text: crossing, at: 1.1 })
    expect(kindsOf(report)).toEqual(['syn-loss'])
  })

  it('is not told from one ACK that was lost', async () => {
    const lost = `${OPENS}\n+1s B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1\n+1ms A>B PA 1(10) ack 1\n+20ms B>A A 1(0) ack 11`
    expect(kindsOf(await findInConnections({ text: OPENS, at: 0 }, { text: lost, at: 1 }))).toEqual([])
  })
})

describe('ports reused too soon', () => {
  it('show in an ACK of the old connection, and a reset', async () => {
    const report = await findInConnections(
      OPENS,
      `+0 A>B S 0(0)\n+20ms B>A A 777(0) ack 9000\n+0 A>B R 9000(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1`,
    )
    expect(theFinding(report)).toMatchObject({ kind: 'tuple-reuse', costMs: 1020 })
  })
})
