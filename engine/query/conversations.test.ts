import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConversationSort } from '../answers.ts'
import { ConversationTallies } from './conversation-tallies.ts'
import { ConversationLists } from './conversations.ts'
import { harmMs } from './harmed-conversations.ts'
import { addressPairs } from './address-pairs.ts'
import { PacketSelector } from './selection.ts'
import { displayFilter } from './testing/filters.ts'
import { MIXED_FRAMES, mixedCapture } from './testing/mixed-capture.ts'
import { TestCapture } from './testing/test-capture.ts'
import { tcpFrame } from '../../test/support/tcp-frame.ts'
import { FLAG } from '../columns/packet-table.ts'

const mixed = mixedCapture()
const lists = new ConversationLists(mixed)
const select = async (filter: string): Promise<Uint32Array> =>
  (await new PacketSelector(mixed).select({ filter }, mixed.read)) ?? new Uint32Array(0)

const ends = (ids: Uint32Array) => lists.rows(ids).map(({ addressA, addressB }) => `${addressA} ${addressB}`)

describe('conversations', { timeout: 60_000 }, () => {
  it('count a reset that two points saw once', () => {
    const capture = new TestCapture(['pod', 'node'])
    const reset = tcpFrame({ fromA: true, flags: FLAG.rst, seq: 7, ack: 0, window: 0, payloadLength: 0, options: [] })
    for (const [interfaceId, time] of [0n, 1_000n].entries()) {
      capture.add(time, reset.bytes, { interfaceId, length: reset.length })
    }
    const own = new ConversationLists(capture)
    expect(own.rows(own.order('resets', true)).map(({ resets, packetsAB }) => [resets, packetsAB])).toEqual([[1, 2]])
  })

  it('come the most harmed first, with what they lost time to', () => {
    const [worst] = lists.rows(lists.order('harmMs', true))
    expect(worst).toMatchObject({
      transport: 'TCP',
      stream: 0,
      addressA: '10.244.1.7',
      portA: 43210,
      addressB: '10.244.2.9',
      portB: 80,
      firstTime: 0,
      lastTime: 263e6,
      packetsAB: 6,
      packetsBA: 4,
      retransmissions: 1,
      resets: 1,
      state: 'reset',
    })
    // The request went out again after 247 ms.
    expect(worst.harmMs).toBeGreaterThan(240)
    expect(worst.harm.map(({ cause }) => cause)).toContain('retransmission')
    expect(worst.initialRttNs).toBe(2e6)
    expect((worst.toClient ?? worst.toServer)?.p99Ns).toBeGreaterThan(0)
  })

  it('are named by what they are between', () => {
    const rows = lists.rows(lists.order('id', false))
    const named = (address: string) => rows.find(({ addressA }) => addressA === address)
    expect(named('fd00::7')).toMatchObject({ transport: 'TCP', portB: 443, state: 'refused', resetCause: 'refused' })
    expect(named('10.244.2.1')).toMatchObject({ transport: 'ICMP' })
    expect(named('10.244.2.1')).not.toHaveProperty('portA')
    expect(named('0a:58:0a:f4:01:07')).toMatchObject({ transport: 'Ethernet' })
  })

  it('are sorted by any column both ways, what is not known last, equals in order of appearance', () => {
    const columns = [
      'harmMs',
      'id',
      'firstTime',
      'retransmissions',
      'resets',
      'outOfOrder',
      'zeroWindows',
      'initialRttNs',
      'toClient',
      'toServer',
    ] as const
    for (const sort of columns satisfies readonly ConversationSort[]) {
      for (const descending of [false, true]) {
        const rows = lists.rows(lists.order(sort, descending))
        expect(rows).toHaveLength(mixed.conversations.count)
        for (let i = 1; i < rows.length; i++) {
          const [before, after] = [rows[i - 1], rows[i]].map((row) => {
            if (sort === 'harmMs' && row.transport !== 'TCP') return undefined
            const value = row[sort]
            return typeof value === 'object' ? value.p99Ns : value
          })
          if (after === undefined) continue
          if (before === undefined) throw new Error(`${sort}: an unknown value comes before ${after}`)
          if (before === after) expect(rows[i].id).toBeGreaterThan(rows[i - 1].id)
          else expect(before < after).toBe(!descending)
        }
      }
    }
    const total = (row: { packetsAB: number; packetsBA: number }) => row.packetsAB + row.packetsBA
    const packets = lists.rows(lists.order('packetsAB', true)).map(total)
    expect(packets).toEqual(packets.toSorted((a, b) => b - a))
    const bytes = lists.rows(lists.order('bytesAB', false)).map((row) => row.bytesAB + row.bytesBA)
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b))
  })

  it('are sorted by time also around the first packet of a file that is not in order', () => {
    const capture = new TestCapture()
    const middle = Math.floor(MIXED_FRAMES.length / 2)
    for (const [time, bytes, options] of [...MIXED_FRAMES.slice(middle), ...MIXED_FRAMES.slice(0, middle)]) {
      capture.add(time, bytes, options)
    }
    const unsorted = new ConversationLists(capture)
    const times = (descending: boolean) =>
      unsorted.rows(unsorted.order('firstTime', descending)).map(({ firstTime }) => firstTime)
    const ascending = times(false).toSorted((a, b) => a - b)
    expect(ascending[0]).toBeLessThan(0)
    expect(ascending).toContain(0)
    expect(ascending.at(-1)).toBeGreaterThan(0)
    expect(times(false)).toEqual(ascending)
    expect(times(true)).toEqual(ascending.toReversed())
  })

  it('are sorted by address as a person would, not as text', () => {
    const addresses = lists.rows(lists.order('addressA', false)).map(({ addressA }) => addressA)
    expect([...new Set(addresses)]).toEqual([
      ...['10.9.0.1', '10.42.0.5', '10.244.1.7', '10.244.2.1', '10.244.2.9'],
      ...['fd00::7', 'fe80::1', '0a:58:0a:f4:01:07'],
    ])
  })

  it('are found by words in addresses, ports and transport', () => {
    const find = (text: string) => ends(lists.order('id', false, { text }))
    expect(find('10.42')).toEqual(['10.42.0.5 10.42.1.6'])
    expect(find(':8080')).toEqual(['10.42.0.5 10.42.1.6'])
    expect(find('udp 10.9.0.1:7000')).toEqual(['10.9.0.1 10.9.0.2'])
    expect(find('TCP fd00')).toEqual(['fd00::7 fd00::9'])
    expect(find('[fd00::9]:443')).toEqual(['fd00::7 fd00::9'])
    expect(find('10.42 udp')).toEqual([])
    expect(find(' ')).toHaveLength(mixed.conversations.count)
  })

  it('of a selection are those with any of its packets, and count only these', async () => {
    const rows = await select('tcp.flags.push == 1')
    const ids = lists.order('id', false, { rows })
    expect(ends(ids)).toEqual(['10.244.1.7 10.244.2.9', '10.42.0.5 10.42.1.6', '10.244.1.7 10.244.2.9'])
    const [first] = lists.rows(ids, { rows })
    expect(first).toMatchObject({
      packetsAB: 2,
      packetsBA: 1,
      retransmissions: 1,
      resets: 0,
      firstTime: 3e6,
      lastTime: 260e6,
    })
    expect(first.state).toBe('reset')
  })

  it('lose within a time range only what lies in it', () => {
    const [id] = lists.order('harmMs', true)
    const whole = harmMs(mixed, id, {})
    const middle = 130e6
    const before = harmMs(mixed, id, { to: middle })
    const after = harmMs(mixed, id, { from: middle })
    expect(before).toBeGreaterThan(100)
    expect(after).toBeGreaterThan(100)
    expect(before + after).toBeCloseTo(whole, 6)
    // And the answer to the FIN was a reset.
    expect(harmMs(mixed, id, { from: 255e6 })).toBeCloseTo(1, 6)
    expect(harmMs(mixed, id, { from: 255e6, to: 260e6 })).toBe(0)
    expect(harmMs(mixed, id, { from: 50e6, to: 60e6 })).toBeCloseTo(10, 6)
    expect(harmMs(mixed, id, { from: 60e6, to: 50e6 })).toBe(0)
  })

  it('count the same whether a capture is read at once or bit by bit, and the same as the table', () => {
    const capture = new TestCapture()
    const growing = new ConversationTallies(capture.packets, 0)
    for (const [time, bytes, options] of MIXED_FRAMES) {
      capture.add(time, bytes, options)
      growing.advance()
    }
    const atOnce = new ConversationTallies(capture.packets, 0)
    atOnce.advance()
    for (const id of atOnce.ids()) {
      expect(growing.packetsAB[id] + growing.packetsBA[id]).toBe(capture.conversations.packets(id))
      expect(growing.bytesBA[id]).toBe(atOnce.bytesBA[id])
      expect(atOnce.resets[id]).toBe(capture.conversations.transport[id] === 6 ? capture.tcp.resets(id) : 0)
    }
    expect(atOnce.ids()).toHaveLength(capture.conversations.count)
  })

  it.each(['', ' && frame.time_relative > 0.01'])(
    'have round trips to either end apart, of the packets that count: all%s',
    async (condition) => {
      const scope = await select(`frame${condition}`)
      const rows = lists.rows(lists.order('id', false, { rows: scope }), { rows: scope })
      expect(rows.some(({ toClient, toServer }) => toClient ?? toServer)).toBe(true)
      for (const { id, toClient, toServer } of rows) {
        const [pair] = addressPairs(mixed, await select(`hopscope.conversation == ${id}${condition}`))
        expect([toClient, toServer]).toEqual([pair?.toClient, pair?.toServer])
      }
    },
  )

  it('count every selected packet exactly once', async () => {
    const selector = new PacketSelector(mixed)
    await fc.assert(
      fc.asyncProperty(displayFilter, async (filter) => {
        const rows = (await selector.select({ filter }, mixed.read)) ?? new Uint32Array(0)
        const listed = lists.rows(lists.order('harmMs', true, { rows }), { rows })
        const packets = listed.reduce((sum, row) => sum + row.packetsAB + row.packetsBA, 0)
        expect(packets).toBe(rows.length)
      }),
      { numRuns: 100 },
    )
  })
})

describe('top talkers', () => {
  it('are the addresses with most bytes, each with what it sent and received', () => {
    const [first, second] = lists.talkers(2)
    expect([first.address, second.address]).toEqual(['10.244.1.7', '10.244.2.9'])
    expect(first.conversations).toBe(7)
    const all = lists.talkers(100)
    const sent = all.reduce((sum, talker) => sum + talker.bytesSent, 0)
    const received = all.reduce((sum, talker) => sum + talker.bytesReceived, 0)
    expect(sent).toBe(received)
    expect(sent).toBe(
      Array.from(mixed.frames, (_, row) => mixed.packets.chunk(0).length[row]).reduce((a, b) => a + b, 0),
    )
  })

  it('of a selection count only its packets', async () => {
    const talkers = lists.talkers(10, { rows: await select('udp.port == 53') })
    expect(talkers).toEqual([
      { address: '10.96.0.10', bytesSent: 64, bytesReceived: 64, packets: 2, conversations: 1 },
      { address: '10.244.1.7', bytesSent: 64, bytesReceived: 64, packets: 2, conversations: 1 },
    ])
  })
})
