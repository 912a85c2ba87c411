import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runCli } from './support/run-cli.ts'

const FOLDER = new URL('./fixtures/hops/', import.meta.url)
const POINTS = ['pod1', 'veth', 'node1', 'node2', 'pod2']

interface Died {
  readonly from: string
  readonly to: string
  readonly count: number
}

const byHop = (all: readonly Omit<Died, 'count'>[]) =>
  Object.fromEntries(
    Array.from(
      Map.groupBy(all, ({ from, to }) => `${from} -> ${to}`),
      ([hop, own]) => [hop, own.length],
    ),
  )

it('charges what died in a VXLAN behind a Service to the hops that iptables counted', { timeout: 60_000 }, async () => {
  const { died } = JSON.parse(readFileSync(new URL('overlay.json', FOLDER), 'utf8')) as {
    readonly died: readonly Died[]
  }
  const files = POINTS.map((name) => fileURLToPath(new URL(`${name}.pcap.gz`, FOLDER)))
  const { code, stdout } = await runCli(['hops', ...files, '--json'])
  expect(code).toBe(0)
  const { lost, rejected, made, limits } = JSON.parse(stdout)
  // From a pod to itself it died between two passages of one point.
  const between = died.filter(({ from, to }) => from !== to)
  expect(between).toHaveLength(6)
  expect(byHop(lost)).toEqual(Object.fromEntries(between.map(({ from, to, count }) => [`${from} -> ${to}`, count])))
  expect({ rejected, made }).toEqual({ rejected: [], made: [] })
  expect(limits.twice).toEqual({ count: 4, points: ['pod2'] })
})
