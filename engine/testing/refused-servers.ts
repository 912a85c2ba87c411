import { concat, NgBlocks } from '../capture-file/testing/build-capture.ts'
import { ethernet, ipv4, tcp } from '../query/testing/frames.ts'

const BEGIN = 1_700_000_000_000_000n
const CLIENT = '10.0.0.1'

/** A pcapng in which each of so many servers (at most 250), 10.1.0.1 and up, refuses three connections to its port 8000 and up: a finding each. */
export function refusedServers(servers: number): Uint8Array {
  const blocks = new NgBlocks()
  const parts = [blocks.section(), blocks.interface(1)]
  for (let i = 0; i < servers * 3; i++) {
    const at = Math.floor(i / 3)
    const [source, port, server] = [20_000 + i, 8000 + at, `10.1.0.${at + 1}`]
    const there = { source: CLIENT, destination: server, protocol: 6 }
    const back = { source: server, destination: CLIENT, protocol: 6 }
    const syn = tcp({ source, destination: port, seq: 1, flags: 0x02 })
    const reset = tcp({ source: port, destination: source, seq: 0, ack: 2, flags: 0x14 })
    const time = BEGIN + BigInt(i) * 1_000_000n
    parts.push(blocks.enhanced(0, time, ethernet(0x800, ipv4(there, syn))))
    parts.push(blocks.enhanced(0, time + 100n, ethernet(0x800, ipv4(back, reset))))
  }
  return concat(...parts)
}
