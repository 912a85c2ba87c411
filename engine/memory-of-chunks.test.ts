import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Engine } from './engine.ts'
import { framesTable } from './frames-table.ts'

/** All that is told of the capture in the file. With `size`: given in chunks of so many bytes, which lie in the same memory one after the other. */
function told(path: string, size?: number): unknown[] {
  const bytes = readFileSync(new URL(`../${path}`, import.meta.url))
  const engine = new Engine()
  const memory = new Uint8Array(size ?? bytes.length)
  for (let at = 0; at < bytes.length; at += memory.length) {
    const chunk = bytes.subarray(at, at + memory.length)
    memory.set(chunk)
    engine.push(memory.subarray(0, chunk.length))
    memory.fill(0xa5)
  }
  engine.finish()
  const ids = Uint32Array.from({ length: engine.exchanges.count }, (_, id) => id)
  return [engine.facts(), [...framesTable(engine)].join(''), engine.exchangeRows(ids)]
}

it.each([
  'resources/samples/loss-episode.pcapng',
  'resources/samples/dns-5s.pcap',
  'resources/samples/idle-resets.pcapng.gz',
  'resources/samples/vxlan-nodes.pcap.zst',
  'test/fixtures/captures/http2.pcap.gz',
  'test/fixtures/captures/mysql.pcap.gz',
  'test/fixtures/captures/slow-server.pcap.gz',
])('keeps nothing of the chunks that it is given: %s', (path) => {
  expect(told(path, 1001)).toEqual(told(path))
})
