import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Engine } from '../engine.ts'

it('tells who asks at the end of all packets, also while the rules run over those before', async () => {
  const bytes = readFileSync(new URL('../../resources/samples/loss-episode.pcapng', import.meta.url))
  const read = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length))
  const engine = new Engine()
  engine.push(bytes.subarray(0, 20_000))
  void engine.findings(read)
  engine.push(bytes.subarray(20_000))
  engine.finish()
  const atEnd = await engine.findings(read)
  expect(atEnd.version).toBe(engine.packets.rows)
  expect(atEnd.findings[0].kind).toBe('rto-tail')
})
