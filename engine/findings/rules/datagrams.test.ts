import { describe, expect, it } from 'vitest'
import { concat, ethernet, icmp, ipv4, text, udp } from '../../query/testing/frames.ts'
import { findInFrames, framesOf, kindsOf, theFinding, type TimedFrame } from '../../../test/support/find-in.ts'

// DNS over UDP, and ARP.

const u16 = (value: number) => [value >> 8, value & 0xff]

interface Lookup {
  readonly at: number
  readonly port: number
  readonly id: number
  readonly name: string
  readonly type?: number
  /** Milliseconds until the answer; none without. */
  readonly after?: number
  readonly code?: number
  /** The answer says that it was cut short. */
  readonly cut?: boolean
}

function lookup({ at, port, id, name, type = 1, after, code = 0, cut = false }: Lookup): TimedFrame[] {
  const labels = name.split('.').map((label) => concat([label.length], text(label)))
  const question = [...labels.flatMap((label) => Array.from(label)), 0, ...u16(type), ...u16(1)]
  const message = (flags: number, answers: readonly number[]) =>
    concat(u16(id), u16(flags), u16(1), u16(answers.length === 0 ? 0 : 1), u16(0), u16(0), question, answers)
  // A pointer to the name, type, class, 30 s, an address.
  const record = code === 0 ? [0xc0, 12, ...u16(type), ...u16(1), 0, 0, 0, 30, ...u16(4), 10, 0, 0, 9] : []
  const frame = (time: number, source: string, from: number, destination: string, to: number, payload: Uint8Array) => ({
    time: time * 1e6,
    bytes: ethernet(0x800, ipv4({ source, destination, protocol: 17 }, udp(from, to, payload))),
  })
  const asked = frame(at, '10.244.1.5', port, '10.96.0.10', 53, message(0x100, []))
  if (after === undefined) return [asked]
  return [
    asked,
    frame(at + after, '10.96.0.10', 53, '10.244.1.5', port, message(0x8180 | (cut ? 0x200 : 0) | code, record)),
  ]
}

const findInOrder = (frames: readonly TimedFrame[]) => findInFrames(frames.toSorted((a, b) => a.time - b.time))

const WELL = lookup({ at: 0, port: 5000, id: 1, name: 'api.shop', after: 2 })
const END = lookup({ at: 40_000, port: 5999, id: 99, name: 'end.shop', after: 2 })

describe('a DNS server at which nobody listens', () => {
  const asked = [0, 500, 900].flatMap((at, n) => lookup({ at, port: 5001 + n, id: 7 + n, name: `${n}.shop` }))
  const said = (type: number, back = false) =>
    asked.map(({ time, bytes }) => {
      const quote = bytes.slice(14)
      // What a resolver quotes that has closed its port: a late answer.
      if (back)
        quote.set([...quote.slice(16, 20), ...quote.slice(12, 16), ...quote.slice(22, 24), ...quote.slice(20, 22)], 12)
      const header = { source: '10.244.9.1', destination: '10.244.1.5', protocol: 1 }
      return { time: time + 1e6, bytes: ethernet(0x800, ipv4(header, icmp(type, 3, 0, quote))) }
    })

  it('is told by ICMP, though nothing is asked again', async () => {
    const finding = theFinding(await findInOrder([...asked, ...said(3), ...END]))
    expect(finding).toMatchObject({ kind: 'dns-unanswered', count: 3, confidence: 0.95 })
    expect(finding.blamed).toMatch(/^10\.244\.9\.1, which dropped the questions and said so with an ICMP error/)
    expect(finding.evidence[0].role).toBe('the ICMP error')
  })

  it('is not told by an error about something else', async () => {
    expect(kindsOf(await findInOrder([...asked, ...said(5), ...END]))).toEqual([])
    expect(kindsOf(await findInOrder([...asked, ...said(3, true), ...END]))).toEqual([])
  })
})

describe('a NOTIFY that is refused', () => {
  it('is no lookup', async () => {
    const frames = lookup({ at: 0, port: 5001, id: 7, name: 'zone.shop', type: 6, after: 2, code: 5 })
    const asNotify = frames.map(({ time, bytes }) => ({ time, bytes: bytes.with(44, bytes[44] | 0x20) }))
    expect(kindsOf(await findInFrames(frames))).toEqual(['dns-failed'])
    expect(kindsOf(await findInFrames(asNotify))).toEqual([])
  })
})

describe('the race of A and AAAA', () => {
  const both = (again: number, aaaa: number | undefined) => [
    ...WELL,
    ...lookup({ at: 100, port: 5001, id: 7, name: 'db.shop', after: 2 }),
    ...lookup({ at: 100.2, port: 5001, id: 8, name: 'db.shop', type: 28, ...(aaaa !== undefined && { after: aaaa }) }),
    ...lookup({ at: 100.2 + again, port: 5001, id: 8, name: 'db.shop', type: 28, after: 2 }),
    ...END,
  ]

  it.each([5000, 2500])('is one question lost of two, asked again after %d ms', async (again) => {
    const finding = theFinding(await findInOrder(both(again, undefined)))
    expect(finding).toMatchObject({ kind: 'dns-race', count: 1, costMs: again })
  })

  it('fails a lookup only where the second question gets no answer either', async () => {
    expect(theFinding(await findInOrder(both(5000, undefined))).failed).toBeUndefined()
    const again = lookup({ at: 5100.2, port: 5001, id: 9, name: 'db.shop', type: 28 })
    const frames = [...both(5000, undefined).filter(({ time }) => !(time > 5e9 && time < 6e9)), ...again]
    expect(theFinding(await findInOrder(frames))).toMatchObject({ kind: 'dns-race', failed: 1 })
  })

  it('is not seen where both were lost', async () => {
    const frames = [0, 5000].flatMap((again) => [
      ...lookup({ at: 100 + again, port: 5001, id: 7, name: 'db.shop', ...(again > 0 && { after: 2 }) }),
      ...lookup({ at: 100.2 + again, port: 5001, id: 8, name: 'db.shop', type: 28, ...(again > 0 && { after: 2 }) }),
    ])
    expect(kindsOf(await findInOrder([...WELL, ...frames, ...END]))).toEqual([])
  })

  it('is not seen where the server is slow', async () => {
    expect(
      kindsOf(
        await findInOrder([...WELL, ...lookup({ at: 100, port: 5001, id: 7, name: 'db.shop', after: 4900 }), ...END]),
      ),
    ).toEqual([])
  })
})

describe('a black-holed source port', () => {
  const hole = (port: number) =>
    [0, 5, 10, 15].flatMap((s, n) => lookup({ at: 1000 * s + 50, port, id: 20 + n, name: `q${n}.shop` }))

  it('is found where other ports are answered', async () => {
    const finding = theFinding(await findInOrder([...WELL, ...hole(6000), ...END]))
    expect(finding).toMatchObject({
      kind: 'dns-black-hole',
      count: 4,
      failed: 4,
      client: { address: '10.244.1.5', port: 6000 },
    })
  })

  it('fails no lookup that is asked for again by another port', async () => {
    const again = [0, 5, 10, 15].flatMap((s, n) =>
      lookup({ at: 1000 * s + 5050, port: 6100 + n, id: 30 + n, name: `q${n}.shop`, after: 2 }),
    )
    expect(theFinding(await findInOrder([...WELL, ...hole(6000), ...again, ...END])).failed).toBeUndefined()
  })

  it('is a server that does not answer where none are', async () => {
    const frames = [
      ...hole(6000),
      ...hole(6001),
      ...hole(6002),
      ...lookup({ at: 40_000, port: 6003, id: 1, name: 'x' }),
    ]
    const finding = theFinding(await findInOrder(frames))
    expect(finding.kind).toBe('dns-unanswered')
    expect(finding.blamed).toMatch(/^cannot tell/)
    // Not of the last, which may be answered yet.
    expect(finding.sentence).toMatch(/^None of 12 lookups /)
  })
})

describe('answers that are missing', () => {
  it('are not told where nobody asks again: the way back was not captured', async () => {
    const frames = Array.from({ length: 20 }, (_, n) =>
      lookup({ at: 100 * n, port: 7000 + n, id: n, name: `n${n}.shop` }),
    ).flat()
    expect(kindsOf(await findInOrder([...frames, ...lookup({ at: 40_000, port: 6003, id: 1, name: 'x' })]))).toEqual([])
  })

  it('cost the time until they are asked for again, of A and AAAA once; what nobody asks again failed', async () => {
    const silent = [
      { at: 1000, port: 7001, id: 1, name: 'db.shop' },
      { at: 1001, port: 7002, id: 2, name: 'db.shop', type: 28 },
      // By another port, or the same.
      { at: 6001, port: 7003, id: 3, name: 'db.shop' },
      // So late it is another try of the program's.
      { at: 20_000, port: 7004, id: 4, name: 'web.shop' },
    ]
    const answered = [
      { at: 6001, port: 7002, id: 5, name: 'db.shop', type: 28, after: 2 },
      { at: 9001, port: 7005, id: 6, name: 'db.shop', after: 2 },
      { at: 55_000, port: 7006, id: 7, name: 'web.shop', after: 2 },
    ]
    const frames = [...silent, ...answered].flatMap(lookup)
    const finding = theFinding(await findInOrder([...WELL, ...frames]))
    expect(finding).toMatchObject({ kind: 'dns-unanswered', count: 4, costMs: 8001, failed: 1 })
    expect(finding.sentence).toMatch(/; those who asked again had waited 8\.00 s; 1 was given up\.$/)
  })

  it('are late where they come', async () => {
    const frames = Array.from({ length: 4 }, (_, n) =>
      lookup({ at: 2000 * n, port: 7000 + n, id: n, name: `n${n}.shop`, after: 800 }),
    ).flat()
    expect(theFinding(await findInOrder([...WELL, ...frames]))).toMatchObject({
      kind: 'dns-slow',
      count: 4,
      costMs: 3200,
    })
  })
})

describe('answers that say an error', () => {
  const failing = (code: number, after: number) =>
    [0, 1, 2, 3].flatMap((n) =>
      lookup({ at: 1000 + 3000 * n, port: 5100 + n, id: n + 20, name: 'db.shop', after, code }),
    )

  it('are told with what they mean', async () => {
    const finding = theFinding(await findInOrder([...WELL, ...failing(2, 1), ...END]))
    expect(finding).toMatchObject({ kind: 'dns-failed', count: 4, title: '10.96.0.10 answers SERVFAIL' })
    expect(finding.sentence).toMatch(/^4 of 6 lookups \(67 %\) by 10\.244\.1\.5 at 10\.96\.0\.10:53 /)
    expect(finding.blamed).toContain('its zones, its access lists')
  })

  it('are the upstream’s where they come late', async () => {
    const finding = theFinding(await findInOrder([...WELL, ...failing(2, 2001), ...END]))
    expect(finding.blamed).toBe('the servers that 10.96.0.10 asks itself, or the way to them')
  })

  it('are not that a name does not exist', async () => {
    expect(kindsOf(await findInOrder([...WELL, ...failing(3, 1), ...END]))).toEqual([])
  })
})

describe('answers that were cut short', () => {
  const CUT = lookup({ at: 1000, port: 5001, id: 7, name: 'all.shop', after: 2, cut: true })
  const connection = (at: number, text: string, port: number): TimedFrame[] =>
    framesOf({ at, text, serverPort: port }, 0)
  const SYN = '+0 A>B S 0(0)\n+1ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1'
  /** Some connection, so that the capture has TCP. */
  const TCP = connection(0.5, SYN, 80)

  it('and not asked for over TCP are told', async () => {
    const finding = theFinding(await findInOrder([...WELL, ...TCP, ...CUT, ...END]))
    expect(finding).toMatchObject({ kind: 'dns-truncated', count: 1, client: { address: '10.244.1.5' } })
    expect(finding.sentence).toContain('1 of 3 lookups')
    expect(finding.sentence).toContain('nobody asked for it again over TCP')
    expect(finding.evidence.map(({ role }) => role)).toEqual(['the question', 'the answer, truncated'])
  })

  /** Of 10.244.1.5, in the place of 10.0.0.1. */
  const byClient = (at: number) =>
    connection(at, SYN, 53).map(({ time, bytes }) => {
      bytes.set([10, 244, 1, 5], bytes[29] === 1 ? 26 : 30)
      return { time, bytes }
    })

  it.each([
    ['that are asked for over TCP, of any server', [...TCP, ...byClient(1.01)]],
    ['that are asked for again', [...TCP, ...lookup({ at: 1010, port: 5002, id: 8, name: 'all.shop', after: 2 })]],
    ['in a capture without TCP', []],
  ])('are no finding: those %s', async (_, frames) => {
    expect(kindsOf(await findInOrder([...WELL, ...CUT, ...frames, ...END]))).toEqual([])
  })

  it('are told where only others ask over TCP, or long after', async () => {
    const later = lookup({ at: 10_000, port: 5002, id: 8, name: 'all.shop', after: 2 })
    for (const frames of [connection(1.01, SYN, 53), byClient(10), [...TCP, ...later]])
      expect(kindsOf(await findInOrder([...WELL, ...CUT, ...frames, ...END]))).toEqual(['dns-truncated'])
  })

  it('may be asked for yet at the end of the capture', async () => {
    const end = lookup({ at: 4000, port: 5999, id: 99, name: 'end.shop', after: 2 })
    expect(kindsOf(await findInOrder([...WELL, ...TCP, ...CUT, ...end]))).toEqual([])
  })
})

describe('ndots', () => {
  const search = (suffixes: readonly string[]) =>
    suffixes.flatMap((suffix, n) =>
      lookup({ at: 100 + 10 * n, port: 5001 + n, id: n, name: `example.org.${suffix}`, after: 5, code: 3 }),
    )
  const found = lookup({ at: 200, port: 5100, id: 50, name: 'example.org', after: 20 })

  it('shows in names that are searched for with each suffix', async () => {
    const report = await findInOrder([
      ...search(['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local']),
      ...found,
    ])
    expect(theFinding(report)).toMatchObject({ kind: 'dns-ndots', count: 1, costMs: 100 })
  })

  it('is silent about a name that does not exist, and about one wrong suffix', async () => {
    expect(kindsOf(await findInOrder(search(['shop.svc.cluster.local', 'svc.cluster.local'])))).toEqual([])
    expect(kindsOf(await findInOrder([...search(['cluster.local']), ...found]))).toEqual([])
  })
})

describe('an address with two owners', () => {
  const A = [2, 0, 0, 0, 0, 1]
  const B = [2, 0, 0, 0, 0, 2]
  const reply = (s: number, mac: readonly number[], address = 7): TimedFrame => ({
    time: s * 1e9,
    bytes: ethernet(0x806, concat([0, 1, 8, 0, 6, 4, 0, 2], mac, [10, 244, 1, address], A, [10, 244, 1, 1])),
  })

  it('is claimed by both in turn', async () => {
    const finding = theFinding(await findInOrder([reply(0, A), reply(1, B), reply(2, A), reply(3, B)]))
    expect(finding).toMatchObject({ kind: 'duplicate-address', count: 3 })
    expect(finding.sentence).toContain('10.244.1.7 is claimed by 02:00:00:00:00:01 and 02:00:00:00:00:02 in turn')
  })

  it('is no failover, which moves it once', async () => {
    expect(kindsOf(await findInOrder([reply(0, A), reply(1, A), reply(2, B), reply(3, B)]))).toEqual([])
  })

  it('is no proxy, which answers for many', async () => {
    const others = [8, 9, 10, 11, 12].map((address) => reply(0, B, address))
    expect(kindsOf(await findInOrder([...others, reply(0.5, A), reply(1, B), reply(2, A), reply(3, B)]))).toEqual([])
  })
})

describe('an address for which nobody answers', () => {
  const POD = [2, 0, 0, 0, 0, 5]
  const arp = (
    s: number,
    operation: number,
    mac: readonly number[],
    from: readonly number[],
    to: readonly number[],
  ) => ({
    time: s * 1e9,
    bytes: ethernet(0x806, concat([0, 1, 8, 0, 6, 4, 0, operation], mac, from, [0, 0, 0, 0, 0, 0], to)),
  })
  const ask = (s: number, target: number, asker = 5) => arp(s, 1, POD, [10, 244, 1, asker], [10, 244, 1, target])
  const answer = (s: number, target: number) =>
    arp(s, 2, [2, 0, 0, 0, 0, target], [10, 244, 1, target], [10, 244, 1, 5])

  it('was there before, and what is for it is not sent', async () => {
    const frames = [
      ask(0, 9),
      answer(0.001, 9),
      ask(40, 9),
      ask(41, 9),
      ask(42, 9),
      ask(50, 9),
      ask(51, 9),
      ask(52, 9),
      answer(70, 9),
    ]
    const finding = theFinding(await findInOrder(frames))
    expect(finding).toMatchObject({ kind: 'arp-unanswered', title: 'Nobody answers for 10.244.1.9', count: 2 })
    expect(finding.sentence).toMatch(/^10\.244\.1\.5 asked 6 times who has 10\.244\.1\.9 from 40\.0 s to 52\.0 s /)
    expect(finding.sentence).toContain('It was last heard of at 1.00 ms. It was there again at 70.0 s.')
    expect(finding.evidence[0].row).toBe(1)
  })

  it('weighs more where several ask: one alone may be a stray that nobody waits for', async () => {
    const asks = (asker: number) => [0, 1, 2].map((s) => ask(s + asker / 100, 9, asker))
    expect(theFinding(await findInOrder(asks(5)))).toMatchObject({ severity: 'medium', costMs: 0 })
    const both = theFinding(await findInOrder([...asks(5), ...asks(6)]))
    expect(both).toMatchObject({ severity: 'high', costMs: 4000 })
  })

  it.each([
    ['it answers late', [ask(0, 9), ask(1, 9), answer(1.5, 9), ask(2, 9), answer(2.001, 9)]],
    ['it speaks itself', [ask(0, 9), ask(1, 9), ask(2, 9), ask(2.5, 7, 9)]],
    ['entries are only asked for again now and then', [0, 30, 60, 90].map((s) => ask(s, 9))],
    ['two interfaces see one question', [0, 0.01, 1, 1.01].map((s) => ask(s, 9))],
    [
      'an address is wanted that nobody has',
      [0, 1, 2, 3].map((s) => ask(s, 9)).map(({ time }) => arp(time / 1e9, 1, POD, [0, 0, 0, 0], [10, 244, 1, 9])),
    ],
    [
      'somebody looks through the network',
      Array.from({ length: 30 }, (_, n) => ask(Math.floor(n / 10), 100 + (n % 10))),
    ],
  ])('is none where %s', async (_, frames) => {
    expect(kindsOf(await findInOrder(frames))).toEqual([])
  })
})
