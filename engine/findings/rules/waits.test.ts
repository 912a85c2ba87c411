import { describe, expect, it, vi } from 'vitest'
import { CHUNK_ROWS, PacketTable } from '../../columns/packet-table.ts'
import { addressKey } from '../../query/conversation-names.ts'
import { ethernet, icmp, ipv4 } from '../../query/testing/frames.ts'
import { silencesIn } from '../silences.ts'
import {
  fillers,
  findInConnections,
  findInFrames,
  framesOf,
  kindsOf,
  theFinding,
} from '../../../test/support/find-in.ts'

// Connections that stand still, and why.

const OPENS = `
  ids
  +0    A>B S  0(0)         <mss 1460, sackOK, ts 100 0>
  +5ms  B>A SA 0(0)   ack 1 <mss 1460, sackOK, ts 900 100>
  +0    A>B A  1(0)   ack 1 <ts 105 900>`
const times = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join('\n')

describe('full-size packets that vanish', () => {
  const large = times(4, (n) => `+${200 * 2 ** n}ms A>B A 101(1448) ack 1 <ts ${400 + n} 906>`)
  const small = `${OPENS}\n+1ms A>B PA 1(100) ack 1 <ts 106 900>\n+5ms B>A A 1(0) ack 101 <ts 906 106>\n+1ms A>B A 101(1448) ack 1 <ts 107 906>`

  it('are a black hole while the receiver is alive', async () => {
    const report = await findInConnections(`${small}\n+10ms B>A PA 1(10) ack 101 <ts 910 106>\n${large}`)
    expect(theFinding(report)).toMatchObject({ kind: 'mtu-black-hole', costMs: 3010 })
  })

  it('are a vanished peer where nothing comes back any more', async () => {
    expect(kindsOf(await findInConnections(`${small}\n${large}`))).toEqual(['half-open'])
  })

  it('are loss where one of them gets through in the end', async () => {
    const report = await findInConnections(
      `${small}\n+10ms B>A PA 1(10) ack 101 <ts 910 106>\n${large}\n+5ms B>A A 11(0) ack 1549 <ts 999 403>`,
    )
    expect(kindsOf(report)).toEqual(['loss'])
  })
})

describe('a peer that vanished', () => {
  const close = times(5, (n) => `+${200 * 2 ** n}ms A>B FA 101(0) ack 1`)
  const silent = `${OPENS}\n+1ms A>B PA 1(100) ack 1\n+5ms B>A A 1(0) ack 101\n+1ms A>B FA 101(0) ack 1\n${close}`
  const later = `${OPENS}\n+1ms A>B PA 1(100) ack 1\n+5ms B>A A 1(0) ack 101`

  it('held up nobody where only FINs got no answer', async () => {
    const finding = theFinding(await findInConnections(silent))
    expect(finding).toMatchObject({ kind: 'half-open', costMs: 0, title: 'A close that nobody answered' })
    expect(finding.failed).toBeUndefined()
  })

  it('held up nobody where both had closed: it may have forgotten the connection', async () => {
    const half = (again: string) =>
      `${OPENS}\n+1ms A>B PA 1(100) ack 1\n+5ms B>A FA 1(0) ack 101\n+0 A>B A 101(0) ack 2\n+235s A>B ${again}\n` +
      times(5, (n) => `+${300 * 2 ** n}ms A>B ${again}`)
    const closed = theFinding(await findInConnections(half('FPA 101(31) ack 2')))
    expect(closed).toMatchObject({ kind: 'half-open', costMs: 0, severity: 'low' })
    expect(closed.sentence).toContain('while 1 connection with it was closing (')
    expect(closed.sentence).not.toMatch(/waiting|open/)
    // Who has only ended its own half may wait for the rest.
    expect(theFinding(await findInConnections(half('PA 101(31) ack 2')))).toMatchObject({
      kind: 'half-open',
      title: 'A peer vanished',
      costMs: 9300,
      failed: 1,
    })
  })

  it('is none where it answers others: the ACK of a FIN was lost', async () => {
    expect(kindsOf(await findInConnections(silent, { text: later, at: 5 }))).toEqual([])
  })
})

describe('a closed window', () => {
  const closed = (ms: number) =>
    `${OPENS}\n+1ms A>B PA 1(1000) ack 1 <ts 106 900>\n+5ms B>A A 1(0) ack 1001 win 0 <ts 906 106>\n+${ms}ms B>A A 1(0) ack 1001 win 1000 <ts 990 106>`

  it('is charged to the reader', async () => {
    const finding = theFinding(await findInConnections(closed(2000)))
    expect(finding).toMatchObject({ kind: 'zero-window', costMs: 2000, count: 1 })
    expect(finding.blamed).toContain('the reading program at 10.0.0.2')
  })

  it('is no finding for a moment, nor of who has nothing more to send', async () => {
    expect(kindsOf(await findInConnections(closed(50)))).toEqual([])
    const over = `${OPENS}\n+1ms A>B FA 1(0) ack 1 <ts 106 900>\n+5ms B>A A 1(0) ack 2 win 0 <ts 906 106>\n+3s B>A FA 1(0) ack 2 win 0 <ts 990 106>`
    expect(kindsOf(await findInConnections(over))).toEqual([])
  })
})

describe('Nagle and delayed ACKs', () => {
  const request = (n: number, wait: number, ack: string, follows: number) => `
    +50ms A>B PA ${1 + 20 * n}(10) ack 1
    +${wait}ms ${ack}
    +${follows}ms A>B PA ${11 + 20 * n}(10) ack 1
    +5ms B>A A 1(0) ack ${21 + 20 * n}`
  const pure = (n: number) => `B>A A 1(0) ack ${11 + 20 * n}`
  const plain = '+0 A>B S 0(0)\n+5ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1\n'

  it('make the second small write wait for 40 ms, again and again', async () => {
    const report = await findInConnections(plain + times(6, (n) => request(n, 41, pure(n), 0.1)))
    expect(theFinding(report)).toMatchObject({ kind: 'nagle', count: 6, costMs: 246 })
  })

  it('are seen where the packets of one wait lie in two chunks', async () => {
    const rare = times(5, (n) => request(n, 41, pure(n), 0.1).replace('+50ms', '+300ms'))
    const connection = framesOf(plain + rare)
    // The handshake and the first write lie in the first chunk.
    const report = await findInFrames([...fillers(CHUNK_ROWS - 4), ...connection])
    expect(theFinding(report)).toMatchObject({ kind: 'nagle', count: 5 })
  })

  it.each([
    ['a pause between requests', times(6, (n) => request(n, 41, pure(n), 30))],
    ['ACKs that come at once', times(6, (n) => request(n, 5, pure(n), 0.1))],
    ['it happening twice', times(2, (n) => request(n, 41, pure(n), 0.1))],
  ])('are silent about %s', async (_, text) => {
    expect(kindsOf(await findInConnections(plain + text))).toEqual([])
  })

  it('are silent where the round trip itself is that long', async () => {
    const far = '+0 A>B S 0(0)\n+41ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1\n'
    expect(kindsOf(await findInConnections(far + times(6, (n) => request(n, 41, pure(n), 0.1))))).toEqual([])
  })
})

describe('loss', () => {
  const lost = (n: number) => `
    +10ms  A>B PA ${1 + 100 * n}(100) ack 1 <ts ${1000 + 1000 * n} 900>
    +220ms A>B PA ${1 + 100 * n}(100) ack 1 <ts ${1220 + 1000 * n} 900>
    +5ms   B>A A 1(0) ack ${101 + 100 * n} <ts ${2000 + 1000 * n} ${1220 + 1000 * n}>`

  it('that timers repair is a tail', async () => {
    const finding = theFinding(await findInConnections(OPENS + times(8, lost)))
    expect(finding).toMatchObject({ kind: 'rto-tail', count: 8, costMs: 1760 })
    expect(finding.blamed).toContain('after it had passed this capture point')
  })

  it('of one segment again and again is one segment’s', async () => {
    const again = times(2, (n) => `+${220 * 2 ** n}ms A>B PA 1(100) ack 1 <ts ${1000 + 1000 * n} 900>`)
    const text = `${OPENS}\n+10ms A>B PA 1(100) ack 1 <ts 110 900>\n${again}\n+5ms B>A A 1(0) ack 101 <ts 4000 2000>`
    expect(theFinding(await findInConnections(text)).sentence).toMatch(
      /^1 segment between .* had to be sent again, 2 times in all, from /,
    )
  })

  it('says how long timers took, not what later data asked for', async () => {
    const late = `
      +10ms  A>B PA 801(100) ack 1 <ts 9000 900>
      +0     A>B PA 901(100) ack 1 <ts 9000 900>
      +0     A>B PA 1001(100) ack 1 <ts 9000 900>
      +0     A>B PA 1101(100) ack 1 <ts 9000 900>
      +600ms B>A A 1(0) ack 801 <ts 9900 7220, sack 901:1001>
      +0     B>A A 1(0) ack 801 <ts 9900 7220, sack 901:1101>
      +0     B>A A 1(0) ack 801 <ts 9900 7220, sack 901:1201>
      +1ms   A>B PA 801(100) ack 1 <ts 9700 9900>
      +5ms   B>A A 1(0) ack 1201 <ts 9910 9700>`
    const finding = theFinding(await findInConnections(OPENS + times(8, lost) + late))
    expect(finding).toMatchObject({ count: 9 })
    expect(finding.sentence).toContain('8 times a timer had to run out first, each after 220 ms.')
  })

  it('is told of each address that suffers, the one with most first', async () => {
    const once = OPENS + lost(0)
    const twice = OPENS + times(2, lost)
    const { findings } = await findInConnections(
      { text: once, client: 5, server: 6 },
      { text: twice, client: 1, server: 2 },
      { text: once, client: 7, server: 6 },
      { text: twice, client: 1, server: 3 },
      { text: once, client: 8, server: 9 },
    )
    expect(findings.map(({ sentence }) => / between (.*?) /.exec(sentence)?.[1])).toEqual([
      '10.0.0.1',
      '10.0.0.6',
      '10.0.0.8',
    ])
  })

  it('of one segment is told when it cost something', async () => {
    expect(kindsOf(await findInConnections(OPENS + lost(0)))).toEqual(['loss'])
  })

  it.each([
    [
      'repetitions that the receiver did not need',
      '+10ms A>B PA 1(100) ack 1 <ts 1000 900>\n+220ms A>B PA 1(100) ack 1 <ts 1220 900>\n+5ms B>A A 1(0) ack 101 <ts 2000 1000>',
    ],
    [
      'packets captured twice',
      times(
        5,
        (n) =>
          `+10ms A>B PA ${1 + 100 * n}(100) ack 1 id ${3 + n}\n+0 A>B PA ${1 + 100 * n}(100) ack 1 id ${3 + n}\n+5ms B>A A 1(0) ack ${101 + 100 * n}`,
      ),
    ],
    [
      'traffic played back at once',
      times(
        5,
        (n) =>
          `+10ms A>B PA ${1 + 100 * n}(100) ack 1 id ${50 + 2 * n}\n+8us A>B PA ${1 + 100 * n}(100) ack 1 id ${51 + 2 * n}\n+5ms B>A A 1(0) ack ${101 + 100 * n}`,
      ),
    ],
    [
      'what the capture itself lost',
      '+10ms A>B PA 1(100) ack 1 <ts 1000 900>\n+5ms B>A A 1(0) ack 5001 <ts 1900 1000>\n+220ms A>B PA 201(100) ack 1 <ts 1220 900>\n+5ms B>A A 1(0) ack 5001 <ts 2000 1220>',
    ],
  ])('is not found in %s', async (_, text) => {
    expect(kindsOf(await findInConnections(OPENS + '\n' + text))).toEqual([])
  })

  it.each([
    [3, 13, 1, /^10\.9\.9\.9, which rejected 1 segment and said so with an ICMP error/],
    [5, 1, 1, /^the network/],
    [3, 13, 8, /^the network/],
  ])('is no loss of the network where somebody said that he dropped it: ICMP %d %d', async (type, code, of, blamed) => {
    const frames = framesOf(`${OPENS}
      +1ms   A>B PA 1(1000)    ack 1
      +400ms A>B PA 1(1000)    ack 1
      +5ms   B>A A  1(0)       ack 1001`)
    const data = frames[3]
    const quote = data.bytes.slice(14, 42)
    quote[27] += of - 1
    const said = ipv4({ source: '10.9.9.9', destination: '10.0.0.1', protocol: 1 }, icmp(type, code, 0, quote))
    const error = { time: data.time + 1e6, bytes: ethernet(0x800, said) }
    expect(theFinding(await findInFrames(frames.toSpliced(4, 0, error))).blamed).toMatch(blamed)
  })

  it('costs what was waited, however many segments were waited for at once, and nothing for a repetition in vain', async () => {
    const finding = theFinding(
      await findInConnections(`${OPENS}
        +1ms   A>B A  1(1448)    ack 1
        +0     A>B A  1449(1448) ack 1
        +0     A>B PA 2897(100)  ack 1
        +1s    A>B A  1(1448)    ack 1
        +5ms   B>A A  1(0)       ack 1449
        +0     A>B A  1449(1448) ack 1
        +0     A>B PA 2897(100)  ack 1
        +5ms   B>A A  1(0)       ack 2997
        +1s    A>B PA 2997(100)  ack 1
        +3s    A>B PA 2997(100)  ack 1
        +5ms   B>A A  1(0)       ack 3097 <sack 2997:3097>`),
    )
    expect(finding.kind).toBe('loss')
    expect(finding.costMs).toBeCloseTo(1005, -1)
  })

  it('is not looked for where the clock was set back', async () => {
    const { findings, artefacts } = await findInConnections(`${OPENS}\n-2s B>A A 1(0) ack 1 <ts 901 105>${lost(0)}`)
    expect(artefacts.map(({ kind }) => kind)).toContain('clock-step')
    expect(findings).toEqual([])
  })
})

describe('an outage', () => {
  // A request each 100 ms, answered after 5 ms; those within the outage are sent again until it is over.
  const request = (n: number) =>
    `+95ms A>B PA ${1 + 100 * n}(100) ack ${1 + 50 * n}\n+5ms B>A PA ${1 + 50 * n}(50) ack ${101 + 100 * n}`
  const before = OPENS + '\n' + times(5, request)
  const cut = (answer: string) => `
    +95ms  A>B PA 501(100) ack 251
    +200ms A>B PA 501(100) ack 251
    +400ms A>B PA 501(100) ack 251
    +800ms A>B PA 501(100) ack 251
    ${answer}`
  const goesOn = times(3, (n) => request(n + 6))
  const CUT = `${before}${cut('+5ms B>A PA 251(50) ack 601')}\n${goesOn}`
  const WELL = before + '\n' + times(20, (n) => request(n + 5))

  it('is one finding of all connections that stood still at once, and the loss in it is no other', async () => {
    const report = await findInConnections(
      { text: CUT, at: 0 },
      { text: CUT, at: 0.03, server: 3 },
      { text: CUT, at: 0.05, server: 4 },
    )
    const finding = theFinding(report)
    expect(finding).toMatchObject({ kind: 'outage', severity: 'high', count: 1 })
    expect(finding.title).toMatch(/^Nothing got through for 1\.\d+ s$/)
    expect(finding.sentence).toContain('nothing between 10.0.0.1 and 10.0.0.2, 10.0.0.3 and 10.0.0.4 was acknowledged')
    expect(finding.blamed).toContain('near 10.0.0.1')
    expect(finding.conversations).toHaveLength(3)
  })

  it('is no part of the loss besides', async () => {
    const lossy = `${OPENS}
      +95ms  A>B PA 1(100) ack 1
      +300ms A>B PA 1(100) ack 1
      +5ms   B>A PA 1(50) ack 101
      ${times(4, (n) => request(n + 1))}`
    const text = `${lossy}${cut('+5ms B>A PA 251(50) ack 601')}\n${times(20, (n) => request(n + 6))}`
    const { findings } = await findInConnections({ text, at: 0 }, { text, at: 0.03 })
    expect(findings.map(({ kind, count, costMs }) => [kind, count, costMs])).toEqual([
      ['outage', 1, 2780],
      ['loss', 2, 600],
    ])
  })

  it('is no part of the loss in front of the capture point either', async () => {
    // The answer's first copy was lost before it came here, so what was waited for it is not known.
    const unseen = `${OPENS}
      +95ms  A>B PA 1(100) ack 1
      +0     B>A PA 26(25) ack 101
      +0     A>B A 101(0) ack 1 <sack 26:51>
      +300ms B>A PA 1(25) ack 101
      +0     A>B A 101(0) ack 51
      ${times(4, (n) => request(n + 1))}`
    const text = `${unseen}${cut('+5ms B>A PA 251(50) ack 601')}\n${times(20, (n) => request(n + 6))}`
    const { findings } = await findInConnections({ text, at: 0 }, { text, at: 0.03 })
    expect(findings.map(({ kind, costMs }) => [kind, costMs])).toEqual([
      ['outage', 2780],
      ['loss', 600],
    ])
  })

  it('says how many connections went on, where one did not', async () => {
    const report = await findInConnections(
      { text: CUT, at: 0 },
      { text: CUT, at: 0.03, server: 3 },
      { text: before + cut(''), at: 0.05, server: 3 },
    )
    expect(theFinding(report).sentence).toContain('Then 2 of them went on.')
  })

  it('is looked for in one pass: four times the addresses take hardly more looks at chunks of packets', async () => {
    const looks = async (n: number) => {
      const connections = Array.from({ length: n }, (_, i) => ({ text: CUT, at: i / 1000, server: 2 + i }))
      const { engine, findings } = await findInConnections(...connections)
      expect(findings.map(({ kind, conversations }) => [kind, conversations.length])).toEqual([['outage', n]])
      const servers = Array.from({ length: n }, (_, id) => addressKey(engine.conversations, id, true))
      const spans = new Map(servers.map((address) => [address, [{ from: 0.6e9, to: 2e9 }]]))
      const spy = vi.spyOn(PacketTable.prototype, 'chunk')
      const silences = silencesIn(engine, spans, { shortest: 400e6, after: 1e9 })
      const { length } = spy.mock.calls
      spy.mockRestore()
      expect(silences.size).toBe(n)
      return length
    }
    expect(await looks(24)).toBeLessThan((await looks(6)) + 10)
  })

  it('is told of the pair alone where others got on', async () => {
    const report = await findInConnections(
      { text: CUT, at: 0 },
      { text: CUT, at: 0.03 },
      { text: WELL, at: 0, server: 9, client: 8 },
    )
    expect(theFinding(report).blamed).toContain('between these only')
  })

  it('came late where the receiver had it all', async () => {
    const late = times(3, () => '+0 B>A A 301(0) ack 601 <sack 501:601>')
    const text = `${before}${cut(`+5ms B>A PA 251(50) ack 601\n${late}`)}\n${goesOn}`
    const finding = theFinding(await findInConnections({ text, at: 0 }, { text, at: 0.03 }))
    expect(finding.title).toMatch(/^Everything stood still for /)
    expect(finding.blamed).toContain('something that stood still and went on')
  })

  it.each([
    [
      'where one connection alone lost a segment',
      [
        {
          text: `${before}\n+95ms A>B PA 501(100) ack 251\n+800ms A>B PA 501(100) ack 251\n+5ms B>A PA 251(50) ack 601\n${goesOn}`,
        },
        { text: WELL, at: 0.03, server: 3 },
      ],
    ],
    ['where another connection with that address got on', [{ text: CUT }, { text: WELL, at: 0.03 }]],
    [
      'where only SYNs get no answer',
      [0, 0.1].map((at) => ({ at, text: `${times(3, (n) => `+${n}s A>B S 0(0)`)}\n+5ms B>A SA 0(0) ack 1` })),
    ],
    ['where nothing comes any more', [{ text: before + cut('') }, { text: before + cut(''), at: 0.03 }]],
    [
      'where as much is lost all the time',
      [0, 0.03].map((at) => ({
        at,
        text:
          OPENS +
          '\n' +
          times(
            12,
            (n) =>
              `+10ms A>B PA ${1 + 100 * n}(100) ack 1\n+220ms A>B PA ${1 + 100 * n}(100) ack 1\n+440ms A>B PA ${1 + 100 * n}(100) ack 1\n+5ms B>A A 1(0) ack ${101 + 100 * n}`,
          ),
      })),
    ],
  ])('is none %s', async (_, connections) => {
    expect(kindsOf(await findInConnections(...connections))).not.toContain('outage')
  })
})
