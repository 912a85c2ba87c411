import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ingestScenario } from '../../test/support/expect-labels.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { Engine } from '../engine.ts'
import { LABEL, LABELS } from '../tcp/labels.ts'
import { VERDICT, VERDICTS } from '../tcp/verdicts.ts'
import { isSentAgain, labelCounts, verdictCounts } from './label-counts.ts'

const ROOT = new URL('../../', import.meta.url)

function engineOf(path: string): Engine {
  const engine = new Engine()
  engine.push(readFileSync(new URL(path, ROOT)))
  engine.finish()
  return engine
}

const column = (engine: Engine, name: 'labels' | 'verdict') =>
  Array.from({ length: engine.packets.rows }, (_, row) => engine.packets.chunk(row)[name][row % CHUNK_ROWS])

describe('counting labels and verdicts', () => {
  it.each(['resources/samples/loss-episode.pcapng', 'test/fixtures/labels/captures/any-node.pcap.gz'])(
    'agrees with looking at every packet of %s, each time it is asked',
    (path) => {
      const engine = engineOf(path)
      const labels = column(engine, 'labels')
      const verdicts = column(engine, 'verdict')
      for (let time = 0; time < 2; time++) {
        const counted = labelCounts(engine.labelCounts)
        for (const label of LABELS) {
          expect([label, counted[label]]).toEqual([label, labels.filter((set) => set & LABEL[label]).length])
        }
        const found = verdictCounts(engine.verdicts)
        for (const [name, n] of Object.entries(found.verdicts)) {
          expect([name, n]).toEqual([name, verdicts.filter((number) => VERDICTS[number] === name).length])
        }
        expect(Object.keys(found.verdicts)).toEqual(VERDICTS.slice(1))
      }
    },
  )

  it('tells retransmissions of what the receiver had already', () => {
    const ingest = ingestScenario(
      parseScenario(`
        +0     A>B S  0(0) <sackOK>
        +10ms  B>A SA 0(0) ack 1 <sackOK>
        +10ms  A>B A  1(0) ack 1
        +1ms   A>B PA 1(1000) ack 1
        +220ms A>B PA 1(1000) ack 1
        +1ms   B>A A  1(0) ack 1001 <sack 1:1001>
        +1ms   A>B PA 1001(1000) ack 1
        +220ms A>B PA 1001(1000) ack 1`),
    )
    expect(verdictCounts(ingest.verdicts)).toMatchObject({ verdicts: { tlp: 2 }, spurious: 1 })
  })

  it('is all zero for a capture without packets', () => {
    const engine = new Engine()
    expect(Object.values(engine.facts().labels)).toEqual(new Array(LABELS.length + 1).fill(0))
    expect(new Set(Object.values(engine.facts().verdicts))).toEqual(new Set([0]))
    expect(engine.facts().spurious).toBe(0)
  })

  it('does not take what was captured twice, or was overtaken, for sent again', () => {
    const again = LABEL.retransmission | LABEL.spurious_retransmission
    expect(isSentAgain(again, VERDICT.none)).toBe(true)
    expect(isSentAgain(again, VERDICT.rto)).toBe(true)
    expect(isSentAgain(again, VERDICT.copy)).toBe(false)
    expect(isSentAgain(again, VERDICT.reordered)).toBe(false)
    expect(isSentAgain(LABEL.out_of_order, VERDICT.none)).toBe(false)
    expect(isSentAgain(LABEL.keep_alive, VERDICT.none)).toBe(false)
  })
})
