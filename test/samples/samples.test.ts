import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { type ConversationRow, Engine } from '../../engine/engine.ts'

const SAMPLES = fileURLToPath(new URL('../../resources/samples/', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../fixtures/captures/', import.meta.url))

const Ends = z.looseObject({ addressA: z.string(), portA: z.number(), addressB: z.string(), portB: z.number() })
const Index = z.array(
  z.strictObject({
    name: z.string().check(z.regex(/^[a-z0-9-]+$/)),
    file: z.string(),
    title: z.string(),
    description: z.string(),
    provenance: z.looseObject({ how: z.string(), when: z.string(), kernel: z.string(), command: z.string() }),
    expected: z.looseObject({
      fileBytes: z.number(),
      packets: z.number(),
      wireBytes: z.number(),
      seconds: z.number(),
      tcpStreams: z.number(),
      udpStreams: z.number(),
      resets: z.number(),
      worst: z.optional(Ends),
      stalled: z.optional(z.array(Ends)),
      episode: z.optional(z.object({ from: z.number(), to: z.number() })),
    }),
  }),
)

const index = (folder: string, file: string) => Index.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
const samples = index(SAMPLES, 'samples.json').map((entry) => ({ ...entry, folder: SAMPLES }))
const fixtures = index(FIXTURES, 'captures.json').map((entry) => ({ ...entry, folder: FIXTURES }))

function opened(name: string) {
  const entry = [...samples, ...fixtures].find((each) => each.name === name)
  if (!entry) throw new Error(`there is no capture ${name}`)
  const engine = new Engine()
  engine.push(readFileSync(join(entry.folder, entry.file)))
  engine.finish()
  const worstFirst = engine.conversationRows(engine.conversationOrder('harmMs', true))
  return { engine, worstFirst, ...entry }
}

const ends = ({ addressA, portA, addressB, portB }: Partial<ConversationRow>) => ({ addressA, portA, addressB, portB })
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

describe.each([...samples, ...fixtures])('the capture $name', ({ name, file, folder, expected }) => {
  it('is as the list says', () => {
    const { engine, worstFirst } = opened(name)
    const facts = engine.facts()
    expect(facts.damage).toBeUndefined()
    expect((facts.lastTime - facts.firstTime) / 1e9).toBeCloseTo(expected.seconds, 2)
    expect({
      fileBytes: statSync(join(folder, file)).size,
      packets: facts.packets,
      wireBytes: facts.wireBytes,
      tcpStreams: worstFirst.filter(({ transport }) => transport === 'TCP').length,
      resets: worstFirst.reduce((total, { resets }) => total + resets, 0),
    }).toEqual({
      fileBytes: expected.fileBytes,
      packets: expected.packets,
      wireBytes: expected.wireBytes,
      tcpStreams: expected.tcpStreams,
      resets: expected.resets,
    })
  })

  it('is small, and names no machine', () => {
    expect(expected.fileBytes).toBeLessThan(600_000)
    const { interfaces } = opened(name).engine.facts()
    for (const { os = 'Linux 6', hardware } of interfaces) {
      expect(os).toMatch(/^Linux [\d.]+$/)
      expect(hardware).toBeUndefined()
    }
  })
})

it('lists every capture in the folders', () => {
  for (const [folder, list] of [
    [SAMPLES, samples],
    [FIXTURES, fixtures],
  ] as const) {
    const files = readdirSync(folder).filter((file) => /\.(pcap|pcapng)/.test(file))
    expect(list.map(({ file }) => file).sort()).toEqual(files.sort())
  }
})

describe('in the samples the trouble shows where it was made', () => {
  it('loss-episode: retransmissions during the episode and just after, none before', () => {
    const { engine, expected } = opened('loss-episode')
    const { from, to } = expected.episode ?? { from: 0, to: 0 }
    const within = (a: number, b: number) => sum(engine.lanes(a * 1e9, b * 1e9, 10).retransmissions)
    expect(within(0, from)).toBe(0)
    expect(within(from, to + 1)).toBeGreaterThan(30)
    expect(within(to + 1, 40)).toBeLessThan(5)
  })

  it.each(['zero-window', 'half-open'])('%s: the conversation that suffers comes first', (name) => {
    const { worstFirst, expected } = opened(name)
    expect(ends(worstFirst[0])).toEqual(ends(expected.worst ?? {}))
    expect(worstFirst[0].harmMs).toBeGreaterThan(5000)
  })

  it('mtu-blackhole: the stalled conversations come first', () => {
    const { worstFirst, expected } = opened('mtu-blackhole')
    const stalled = expected.stalled ?? []
    const first = worstFirst.slice(0, stalled.length).map(ends)
    expect(first).toHaveLength(2)
    expect(first).toEqual(expect.arrayContaining(stalled.map(ends)))
  })

  it('idle-resets: five connections are reset by the load balancer, which no longer knows them, the busy one is not', () => {
    const { worstFirst } = opened('idle-resets')
    const reset = worstFirst.filter(({ resets }) => resets > 0)
    expect(reset.map(({ resetCause }) => resetCause)).toEqual(Array.from({ length: 5 }, () => 'injected'))
    const busiest = worstFirst.toSorted((a, b) => b.packetsAB - a.packetsAB)[0]
    expect(busiest.resets).toBe(0)
  })

  it('refused: those without a listener are refused, the others are not', () => {
    const { worstFirst, expected } = opened('refused')
    const refused = worstFirst.filter(({ resetCause }) => resetCause === 'refused')
    expect(refused).toHaveLength(Number(expected['refusedByReset']))
    expect(new Set(refused.map(({ portB }) => portB))).toEqual(new Set([9999]))
  })

  it('clean: nothing is labelled, nothing is lost', () => {
    const { engine, worstFirst } = opened('clean')
    expect(Object.entries(engine.facts().labels).filter(([, count]) => count > 0)).toEqual([])
    expect(worstFirst[0].harmMs).toBe(0)
  })
})
