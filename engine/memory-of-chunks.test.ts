import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PcapWriter } from './capture-file/pcap-writer.ts'
import { hex, MACS } from './decode/frames.fixture.ts'
import { Engine } from './engine.ts'
import { framesTable } from './frames-table.ts'

/**
 * All that is told of the capture. With `size`: given in chunks of so many bytes, which lie in the same memory one after the other; in the
 * engine's own, if `inRoom`.
 */
function told(bytes: Uint8Array, size = bytes.length, inRoom = false): unknown[] {
  const engine = new Engine()
  const memory = inRoom ? engine.room(size) : new Uint8Array(size)
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

/** Datagrams that grow to more than there is room for in front of a chunk. */
function growing(): Uint8Array {
  const writer = new PcapWriter({ linkType: 1 })
  const header = hex(`${MACS} 0800 45000000 00000000 40110000 0a000001 0a000002 0035 0035 0008 0000`)
  for (let n = 0; n < 60; n++) {
    const frame = new Uint8Array(50 + n * 1500).fill(n)
    frame.set(header)
    writer.packet(BigInt(n) * 1_000_000n, frame)
  }
  return writer.take()
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
  const bytes = readFileSync(new URL(`../${path}`, import.meta.url))
  const whole = told(bytes)
  expect(told(bytes, 1001)).toEqual(whole)
  expect(told(bytes, 1001, true)).toEqual(whole)
})

it('reads records of any length that straddle chunks in its own memory', () => {
  const bytes = growing()
  const whole = told(bytes)
  expect(whole[0]).toMatchObject({ packets: 60 })
  for (const size of [101, 4000, 70_000]) expect(told(bytes, size, true)).toEqual(whole)
})
