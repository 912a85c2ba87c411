import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { Capture, Engine } from '../engine.ts'
import { LABEL } from '../tcp/labels.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { originalPassed } from './label-counts.ts'

const ROOT = new URL('../../', import.meta.url)
const CAPTURES = [
  'resources/samples/loss-episode.pcapng',
  'test/fixtures/labels/captures/any-node.pcap.gz',
  'test/fixtures/labels/captures/walk-1.pcap.gz',
]

/** Those that are written for most packets. */
const COLUMNS = [
  'offset',
  'length',
  'stack',
  'flags',
  'seq',
  'window',
  'labels',
  'acked',
  'bytesInFlight',
  'roundTrip',
] as const

const engineOf = (path: string): Engine => whole(new Engine(), path)

function whole<T extends Capture>(capture: T, path: string): T {
  capture.push(readFileSync(new URL(path, ROOT)))
  capture.finish()
  return capture
}

/** Packet by packet, of those rows. */
function counted(
  engine: Engine,
  rows: readonly number[],
  has: (chunk: { labels: number; verdict: number }) => boolean,
) {
  const found = rows.filter((row) => {
    const chunk = engine.packets.chunk(row)
    return has({ labels: chunk.labels[row % CHUNK_ROWS], verdict: chunk.verdict[row % CHUNK_ROWS] })
  })
  const conversations = new Set(found.map((row) => engine.packets.chunk(row).conversation[row % CHUNK_ROWS]))
  return {
    packets: found.length,
    conversations: conversations.size,
    ...(found.length > 0 && { firstRow: found[0] }),
  }
}

describe('labels and verdicts, counted', () => {
  it.each(CAPTURES)('agree with looking at every packet of %s, and at some of them', (path) => {
    const engine = engineOf(path)
    const all = Array.from({ length: engine.packets.rows }, (_, row) => row)
    const some = all.filter((row) => row % 3 !== 0)
    for (const [rows, counts] of [
      [all, engine.expertCounts()],
      [some, engine.expertCounts(Uint32Array.from(some))],
      [[], engine.expertCounts(new Uint32Array(0))],
    ] as const) {
      for (const [label, count] of Object.entries(counts.labels)) {
        const bit = Object.entries(LABEL).find(([name]) => name === label)?.[1] ?? 0
        expect([label, count]).toEqual([label, counted(engine, rows, ({ labels }) => (labels & bit) !== 0)])
      }
      expect(Object.keys(counts.labels)).toEqual(Object.keys(LABEL))
      for (const [verdict, count] of Object.entries(counts.verdicts)) {
        const number = Object.entries(VERDICT).find(([name]) => name === verdict)?.[1]
        const expected = counted(engine, rows, (packet) => packet.verdict === number)
        expect([verdict, count]).toEqual([verdict, expect.objectContaining(expected)])
      }
    }
  })

  it('say of what was sent again how much of it was needed, and whether the one before was seen', () => {
    const engine = engineOf(CAPTURES[0])
    const { verdicts } = engine
    const probes = Array.from({ length: verdicts.count }, (_, entry) => entry).filter(
      (entry) => verdicts.verdict(entry) === VERDICT.tlp,
    )
    const number = (holds: (entry: number) => boolean) => probes.filter(holds).length
    const counts = engine.expertCounts().verdicts
    expect(counts.tlp).toMatchObject({
      packets: 24,
      spurious: number((entry) => verdicts.isSpurious(entry) === true),
      needed: number((entry) => verdicts.isSpurious(entry) === false),
      originalSeen: number((entry) => originalPassed(verdicts, entry) === true),
      originalUnseen: number((entry) => originalPassed(verdicts, entry) === false),
    })
    expect(counts.tlp.spurious).toBeGreaterThan(0)
    expect(counts.tlp.originalUnseen).toBeGreaterThan(0)
    expect(counts.copy).not.toHaveProperty('spurious')
  })

  it.each(CAPTURES)(
    'of %s are the same, and the time lost, where columns, requests and round trips are not kept',
    (path) => {
      const engine = engineOf(path)
      const capture = whole(new Capture(), path)
      expect(capture.expertCounts()).toEqual(engine.expertCounts())
      expect(capture.mostHarmed(10)).toEqual(engine.mostHarmed(10))
      expect(capture.facts()).toEqual(engine.facts())
      const kept = ({ packets }: Capture) =>
        COLUMNS.filter((column) => packets.chunks.some((chunk) => chunk[column].some((each) => each !== 0)))
      expect(kept(engine)).toEqual(COLUMNS)
      expect(kept(capture)).toEqual([])
    },
  )
})

describe('the most harmed conversations', () => {
  it.each([0, 1, 3, 100])('are the first %i of the list that is sorted by harm', (count) => {
    const engine = engineOf('resources/samples/refused.pcapng')
    const order = Array.from(engine.conversationOrder('harmMs', true)).filter((id) => engine.harmMs(id) > 0)
    expect(order.length).toBeGreaterThan(3)
    expect(engine.mostHarmed(count).map(({ id }) => id)).toEqual(order.slice(0, count))
    const rows = engine.rowsOfConversations(Uint32Array.from(order.slice(2, 4)))
    expect(engine.mostHarmed(count, { rows }).map(({ id }) => id)).toEqual(order.slice(2, 4).slice(0, count))
  })
})
