import { describe, expect, it } from 'vitest'
import { findInBytes } from '../../test/support/find-in.ts'
import { captureOf, type Sighting } from '../../test/support/two-points.ts'
import { concat, ethernet, icmp, ipv4, ipv6, tcp, text, udp } from '../query/testing/frames.ts'
import { hopsOf } from './hops.ts'
import { hopSentences } from './sentences.ts'

// ICMP errors and resets that say that a packet was dropped, and by whom.

const START = 1_800_000_000_000_000_000n
const [SYN, RST, ACK] = [0x02, 0x04, 0x10]
const POINTS = ['pod', 'node', 'peer'] as const
const [CLIENT, SERVER, ROUTER] = ['10.0.0.1', '10.0.0.2', '10.9.9.9']

interface Sent {
  /** When it passes the first point on its way, in milliseconds; a millisecond later the next, unless said otherwise. */
  readonly at: number
  readonly packet: Uint8Array
  readonly back?: boolean
  /** Points that see it; all without. */
  readonly by?: readonly (typeof POINTS)[number][]
}

const fromClient = (protocol: number, payload: Uint8Array) =>
  ipv4({ source: CLIENT, destination: SERVER, protocol }, payload)
const fromServer = (protocol: number, payload: Uint8Array) =>
  ipv4({ source: SERVER, destination: CLIENT, protocol }, payload)
const segment = (source: number, flags: number, seq: number, payload: Uint8Array = text('')) =>
  fromClient(6, tcp({ source, destination: 80, flags, seq, ack: flags === SYN ? 0 : 901 }, payload))
const answer = (port: number, flags: number, seq: number, ack: number, payload: Uint8Array = text('')) =>
  fromServer(6, tcp({ source: 80, destination: port, flags, seq, ack }, payload))
const error = (type: number, code: number, quoted: Uint8Array) =>
  ipv4({ source: ROUTER, destination: CLIENT, protocol: 1 }, icmp(type, code, 0, quoted))

/** A connection that opens, and datagrams that are answered: they tell the way. */
const WELL: readonly Sent[] = [
  { at: 0, packet: segment(4000, SYN, 100) },
  { at: 5, packet: answer(4000, SYN | ACK, 900, 101), back: true },
  { at: 10, packet: segment(4000, ACK, 101, text('GET')) },
  { at: 15, packet: answer(4000, ACK, 901, 104, text('OK')), back: true },
  { at: 20, packet: fromClient(17, udp(4000, 53, text('AA first'))) },
  { at: 25, packet: fromServer(17, udp(53, 4000, text('AA its answer'))), back: true },
  // What is due when a capture ends is not judged.
  { at: 3000, packet: segment(4000, ACK, 104, text('END')) },
  { at: 3005, packet: answer(4000, ACK, 903, 107, text('END')), back: true },
]

const hopsWith = (...sent: readonly Sent[]) => hopsAt(1, ...sent)

/** `pace`: milliseconds from point to point. */
async function hopsAt(pace: number, ...sent: readonly Sent[]) {
  const sightings = new Map<string, Sighting[]>(POINTS.map((point) => [point, []]))
  for (const { at, packet, back = false, by = POINTS } of [...WELL, ...sent]) {
    const bytes = ethernet(packet[0] >> 4 === 6 ? 0x86dd : 0x800, packet)
    for (const [i, point] of (back ? POINTS.toReversed() : POINTS).entries()) {
      if (!by.includes(point)) continue
      sightings
        .get(point)
        ?.push({ time: START + BigInt(Math.round((at + pace * i) * 1e6)), bytes, length: bytes.length })
    }
  }
  const { engine, findings } = await findInBytes(captureOf(Object.fromEntries(sightings)))
  const report = hopsOf([{ name: '', tables: engine }])
  const nameOf = (index: number) => report.points[report.hops[index].from].name
  return {
    findings,
    sentences: hopSentences(report),
    losses: report.losses.map(({ kind, hop }) => [kind, nameOf(hop)]),
    rejections: report.rejections.map(({ kind, hop, point, error: { by, says } }) => [
      kind,
      hop === undefined ? `behind ${report.points[point].name}` : nameOf(hop),
      ...[by, says ?? 'reset'],
    ]),
    /** Milliseconds, where they were seen last. */
    rejectedAt: report.rejections.map(({ time }) => time / 1e6),
  }
}

/** A packet that the first two points see, and what is said of it. */
const rejected = (packet: Uint8Array, said: Uint8Array): readonly Sent[] => [
  { at: 100, packet, by: ['pod', 'node'] },
  { at: 101, packet: said, back: true, by: ['pod', 'node'] },
]

describe('a packet that an ICMP error quotes', () => {
  const syn = segment(4001, SYN, 777)
  const query = fromClient(17, udp(4001, 53, text('BB second')))

  it.each([
    ['segment', syn, 3, 3, 'port unreachable'],
    ['segment', syn, 3, 13, 'communication administratively filtered'],
    ['segment', syn.slice(0, 28), 3, 1, 'host unreachable'],
    ['datagram', query, 3, 3, 'port unreachable'],
  ])('was rejected on the hop on which it died: %s', async (kind, quoted, type, code, says) => {
    const packet = kind === 'segment' ? syn : query
    const { losses, rejections, sentences } = await hopsWith(...rejected(packet, error(type, code, quoted)))
    expect(rejections).toEqual([[kind, 'node', ROUTER, says]])
    expect(losses).toEqual([])
    const noun = kind === 'segment' ? 'segment' : 'DNS query'
    expect(sentences).toEqual([`1 ${noun} was rejected on the way from node to peer: ICMP ${says}, says ${ROUTER}.`])
  })

  it('was not left without an answer, if it is a query of DNS', async () => {
    const { sentences } = await hopsWith(
      { at: 100, packet: query },
      { at: 103, packet: fromServer(1, icmp(3, 3, 0, query)), back: true },
    )
    expect(sentences).toEqual([`1 DNS query was rejected behind peer: ICMP port unreachable, says ${SERVER}.`])
  })

  it('died without a word where the error is about another, or says nothing of the kind', async () => {
    const another = error(3, 3, segment(4002, SYN, 777))
    for (const said of [another, error(3, 3, segment(4001, SYN, 778)), error(5, 1, syn), error(11, 0, syn)]) {
      const { losses, rejections } = await hopsWith(...rejected(syn, said))
      expect(losses).toEqual([['segment', 'node']])
      expect(rejections).toEqual([])
    }
  })

  it('was rejected behind the last point where that is by the end itself, or the next would not have captured it', async () => {
    const other = fromClient(6, tcp({ source: 4001, destination: 81, flags: SYN, seq: 777 }))
    expect((await hopsWith(...rejected(other, error(3, 3, other)))).rejections).toEqual([
      ['segment', 'behind node', ROUTER, 'port unreachable'],
    ])
    const { rejections } = await hopsWith(
      { at: 100, packet: syn },
      { at: 103, packet: fromServer(1, icmp(3, 3, 0, syn)), back: true },
    )
    expect(rejections).toEqual([['segment', 'behind peer', SERVER, 'port unreachable']])
  })

  it('is not the segment that arrived with the number of a mere ACK', async () => {
    const { rejections, losses } = await hopsWith(
      { at: 100, packet: segment(4000, ACK, 104, text('END')) },
      { at: 103, packet: error(3, 3, segment(4000, ACK, 104)), back: true },
    )
    expect([rejections, losses]).toEqual([[], []])
  })

  it.each([
    ['from one port to five', 5, false],
    ['from five ports to one', 5, true],
    ['from more ports than there may be sides of a NAT', 40, true],
  ])('counts each of those that a scan sends with one sequence number, %s', async (_, count, fromMany) => {
    const sent = Array.from({ length: count }, (_each, i) => {
      const [source, destination] = fromMany ? [4100 + i, 80] : [4100, 80 + i]
      const packet = fromClient(6, tcp({ source, destination, flags: SYN, seq: 777 }))
      return rejected(packet, error(3, 13, packet)).map((each) => ({ ...each, at: each.at + 20 * i }))
    })
    const { rejections, losses } = await hopsWith(...sent.flat())
    expect(rejections.map(([, where]) => where).toSorted()).toEqual(
      Array.from({ length: count }, (_each, i) => (fromMany || i === 0 ? 'node' : 'behind node')).toSorted(),
    )
    expect(losses).toEqual([])
  })

  it('is each of the copies of one SYN', async () => {
    const sent = [0, 1_000, 2_000].map((later) =>
      rejected(syn, error(3, 13, syn)).map((each) => ({ ...each, at: each.at + later })),
    )
    const { rejections } = await hopsWith(...sent.flat())
    expect(rejections.map(([, where]) => where)).toEqual(['node', 'node', 'node'])
  })

  describe.each([
    ['segment', syn],
    ['DNS query', query],
  ])('is, of two sendings, the last before the error: %s', (_, packet) => {
    const silent: Sent = { at: 60, packet, by: ['pod', 'node'] }
    const said = error(3, 13, packet)

    it('the second, where the first died without a word', async () => {
      const { rejectedAt, losses } = await hopsWith(silent, ...rejected(packet, said))
      expect([rejectedAt, losses.length]).toEqual([[101], 1])
    })

    it('the first, where the second died without a word', async () => {
      const { rejectedAt, losses } = await hopsWith(...rejected(packet, said), { ...silent, at: 160 })
      expect([rejectedAt, losses.length]).toEqual([[101], 1])
    })

    it('also where the point before the hop saw no errors', async () => {
      const [sending, { at }] = rejected(packet, said)
      const { rejectedAt, losses } = await hopsWith(silent, sending, { at, back: true, packet: said, by: ['pod'] })
      expect([rejectedAt, losses.length]).toEqual([[101], 1])
    })

    it.each([
      ['all', POINTS],
      ['the last', ['peer'] as const],
    ])('not the one that died before, where it was rejected further on, as points see: %s', async (_each, by) => {
      const sending: Sent = { at: 100, packet }
      const rejection: Sent = { at: 103, packet: said, back: true, by }
      const { rejections, losses } = await hopsWith(silent, sending, rejection)
      expect(losses).toEqual([[packet === syn ? 'segment' : 'datagram', 'node']])
      expect(rejections.map(([, where]) => where)).toEqual(['behind peer'])
    })
  })

  it('is sent again at once, which is no copy of it', async () => {
    const first: Sent = { at: 100, packet: query, by: ['pod', 'node'] }
    const said: Sent = { at: 100.02, packet: error(3, 13, query), back: true, by: ['pod', 'node'] }
    const again: Sent = { at: 100.1, packet: query, by: ['pod'] }
    const { rejections, losses } = await hopsAt(0.01, first, said, again)
    expect(rejections.map(([, where]) => where)).toEqual(['node'])
    expect(losses).toEqual([['datagram', 'pod']])
  })

  it('sent again at once, may not be told from a copy where no error is seen: nothing is charged there', async () => {
    const first: Sent = { at: 100, packet: query, by: ['pod', 'node'] }
    const said: Sent = { at: 100.02, packet: error(3, 13, query), back: true, by: ['pod'] }
    const again: Sent = { at: 100.1, packet: query }
    const { losses } = await hopsAt(0.01, first, said, again)
    expect(losses).toEqual([])
  })

  it('is told by ICMPv6 as well', async () => {
    const [source, destination] = ['fd00:0:0:0:0:0:0:1', 'fd00:0:0:0:0:0:0:2']
    const packet = ipv6(
      { source, destination, protocol: 6 },
      tcp({ source: 4001, destination: 80, flags: SYN, seq: 777 }),
    )
    const said = ipv6({ source: destination, destination: source, protocol: 58 }, icmp(1, 4, 0, packet))
    expect((await hopsWith(...rejected(packet, said))).rejections).toEqual([
      ['segment', 'behind node', 'fd00::2', 'port unreachable'],
    ])
  })

  it('keeps its place in the finding', async () => {
    const { findings } = await hopsWith(...rejected(syn, error(3, 3, syn)))
    expect(findings.map(({ kind }) => kind)).toEqual(['refused'])
    expect(findings[0].blamed).toContain('between node and peer')
  })
})

/** A segment that dies behind the node, and a reset that the peer has not seen. */
const reset = (
  packet: Uint8Array,
  said: Uint8Array,
  by: readonly (typeof POINTS)[number][] = ['pod', 'node'],
): readonly Sent[] => [
  { at: 100, packet, by: ['pod', 'node'] },
  { at: by.length === 3 ? 101 : 102, packet: said, back: true, by },
]

describe('a segment that a reset answers', () => {
  const syn = segment(4000, SYN, 777)
  const data = segment(4000, ACK, 104, text('PUT'))

  it.each([
    ['SYN', syn, answer(4000, RST | ACK, 0, 778)],
    ['segment of an open connection', data, answer(4000, RST, 901, 0)],
  ])('was rejected on the hop on which the reset was made: %s', async (_, packet, said) => {
    const { rejections, losses, sentences } = await hopsWith(...reset(packet, said))
    expect(rejections).toEqual([['segment', 'node', SERVER, 'reset']])
    expect(losses).toEqual([])
    expect(sentences).toEqual([
      '1 segment was rejected on the way from node to peer, by a reset in the name of 10.0.0.2.',
    ])
  })

  it.each([
    ['the reset answers another', reset(data, answer(4000, RST, 902, 0))],
    ['the SYN’s reset has another number', reset(syn, answer(4000, RST | ACK, 0, 779))],
    [
      'the reset came long after',
      [...reset(data, answer(4000, RST, 901, 0))].map((each) => (each.back ? { ...each, at: 1500 } : each)),
    ],
  ])('died without a word where %s', async (_, sent) => {
    const { rejections, losses, sentences } = await hopsWith(...sent)
    expect(rejections).toEqual([])
    expect(losses).toEqual([['segment', 'node']])
    expect(sentences[0]).toBe('1 reset was made between peer and node, by neither end.')
  })

  it('died without a word where the reset is the end’s own', async () => {
    const { rejections, losses } = await hopsWith(...reset(data, answer(4000, RST, 901, 0), POINTS))
    expect([rejections, losses]).toEqual([[], [['segment', 'node']]])
  })

  it('was, of two sendings, the one just before', async () => {
    const lost: Sent = { at: 60, packet: data, by: ['pod', 'node'] }
    const { rejectedAt, losses } = await hopsWith(lost, ...reset(data, answer(4000, RST, 901, 0)))
    expect([rejectedAt, losses]).toEqual([[101], [['segment', 'node']]])
  })
})

it('reads past no end of a quote', async () => {
  const query = fromClient(17, udp(4001, 53, text('BB second')))
  for (let length = 20; length < query.length; length++) {
    const { rejections } = await hopsWith(...rejected(query, error(3, 3, concat(query.slice(0, length)))))
    expect(rejections).toEqual([])
  }
})
