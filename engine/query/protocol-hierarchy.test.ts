import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { StackTable } from '../columns/stack-table.ts'
import { HandMadePackets } from '../columns/testing/hand-made-packets.ts'
import { PROTOCOL, PROTOCOLS } from '../decode/protocols.ts'
import { Engine } from '../engine.ts'
import { ProtocolHierarchy } from './protocol-hierarchy.ts'

const sample = (name: string) => readFileSync(new URL(`../../resources/samples/${name}`, import.meta.url))

describe('the protocol hierarchy', () => {
  it('counts each packet in every layer it has, where the layer is', () => {
    const engine = new Engine()
    engine.push(sample('vxlan-nodes.pcap.zst'))
    engine.finish()
    const paths = new Map<string, { packets: number; bytes: number }>()
    for (let row = 0; row < engine.packets.rows; row++) {
      const { stack, length } = engine.packets.chunk(row)
      const names = engine.stacks.name(stack[row]).replaceAll(':ethertype', '').split(':')
      for (let end = 1; end <= names.length; end++) {
        const path = names.slice(0, end).join(':')
        const { packets, bytes } = paths.get(path) ?? { packets: 0, bytes: 0 }
        paths.set(path, { packets: packets + 1, bytes: bytes + length[row] })
      }
    }
    const above: string[] = []
    const found = new ProtocolHierarchy(engine).shares().map(({ name, depth, packets, bytes }) => {
      above.length = depth
      above.push(name)
      return [above.join(':'), { packets, bytes }] as const
    })
    expect(new Map(found)).toEqual(paths)
    expect(found).toHaveLength(paths.size)
    expect(found.map(([path]) => path)).toContain('eth:ip:udp:vxlan:eth:ip:tcp')
  })

  it('is the same when asked while the capture grows', () => {
    const bytes = sample('loss-episode.pcapng')
    const whole = new Engine()
    whole.push(bytes)
    whole.finish()
    const engine = new Engine()
    const hierarchy = new ProtocolHierarchy(engine)
    expect(hierarchy.shares()).toEqual([])
    for (let at = 0; at < bytes.length; at += 50_000) {
      engine.push(bytes.subarray(at, at + 50_000))
      expect(hierarchy.shares()[0]).toMatchObject({ name: 'eth', depth: 0, packets: engine.packets.rows })
    }
    engine.finish()
    expect(hierarchy.shares()).toEqual(new ProtocolHierarchy(whole).shares())
  })

  it('lists the most frequent first, counted over all chunks', () => {
    const stacks = new StackTable()
    const stackOf = (...layers: number[]) => stacks.lookUp(Uint8Array.from([PROTOCOL.eth, ...layers]))
    const [arp, udp, tcp] = [
      stackOf(PROTOCOL.arp),
      stackOf(PROTOCOL.ip, PROTOCOL.udp),
      stackOf(PROTOCOL.ip, PROTOCOL.tcp),
    ]
    const made = new HandMadePackets()
    const add = (times: number, of: number) => {
      for (let n = 0; n < times; n++) {
        made.add(({ stack, length }, i) => {
          stack[i] = of
          length[i] = 100
        })
      }
    }
    add(CHUNK_ROWS - 1, arp)
    add(1, udp)
    add(3, tcp)
    add(CHUNK_ROWS, udp)
    const found = new ProtocolHierarchy({ packets: made.packets, stacks }).shares()
    expect(found.map(({ name, depth, packets, bytes }) => [depth, name, packets, bytes / 100])).toEqual([
      [0, 'eth', 2 * CHUNK_ROWS + 3, 2 * CHUNK_ROWS + 3],
      [1, 'ip', CHUNK_ROWS + 4, CHUNK_ROWS + 4],
      [2, 'udp', CHUNK_ROWS + 1, CHUNK_ROWS + 1],
      [2, 'tcp', 3, 3],
      [1, 'arp', CHUNK_ROWS - 1, CHUNK_ROWS - 1],
    ])
  })

  it('names protocols that are display filters', () => {
    const engine = new Engine()
    for (const name of PROTOCOLS.slice(1)) {
      if (name !== PROTOCOLS[PROTOCOL.ethertype])
        expect([name, engine.checkFilter(name)]).toMatchObject([name, { ok: true }])
    }
  })
})
