import { expect } from 'vitest'
import { VERDICTS } from '../../engine/tcp/verdicts.ts'
import { ingestScenario } from './expect-labels.ts'
import { parseScenario } from './tcp-scenario.ts'

/**
 * Feeds a scenario (see tcp-scenario.ts) to the engine and compares the verdicts with what the lines expect: nothing for a packet
 * without one, else the verdict and then, where the line has such a word, "spurious", "needed" or "cannot tell", "original 5" (packet)
 * or "original unseen", "cost 20ms". A failure shows the scenario's lines with what was said instead.
 */
export function expectVerdicts(text: string): void {
  const scenario = parseScenario(text)
  const { packets, verdicts } = ingestScenario(scenario)
  const lines = (sayings: readonly (readonly string[])[]): string =>
    scenario.packets
      .map((packet, i) => [packet.text, ...(sayings[i].length ? [`; ${sayings[i].join(', ')}`] : [])].join(' '))
      .join('\n')
  const said = scenario.packets.map(({ expected }, row) => {
    const entry = verdicts.find(row)
    const verdict = VERDICTS[packets.chunk(row).verdict[row]] ?? ''
    if (entry < 0) return verdict === '' ? [] : [verdict]
    const spurious = verdicts.isSpurious(entry)
    const original = verdicts.original(entry)
    const facts: Readonly<Record<string, string>> = {
      spurious: spurious === undefined ? 'cannot tell' : spurious ? 'spurious' : 'needed',
      original: `original ${original === undefined ? 'unseen' : original + 1}`,
      cost: `cost ${+(verdicts.cost(entry) / 1e6).toFixed(3)}ms`,
    }
    const kinds = expected.slice(1).map((word) => /^(original|cost)/.exec(word)?.[1] ?? 'spurious')
    return [verdict, ...kinds.map((kind) => facts[kind])]
  })
  expect(lines(said)).toBe(lines(scenario.packets.map(({ expected }) => expected)))
}
