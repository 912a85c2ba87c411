import { expect, it } from 'vitest'
import { ethernet, ipv4, tcp } from '../query/testing/frames.ts'
import { TestCapture } from '../query/testing/test-capture.ts'
import { hopsOf } from './hops.ts'

const START = 1_800_000_000_000_000_000n
const [SYN, ACK] = [0x02, 0x10]
const [CLIENT, SERVER] = ['10.0.0.1', '10.0.0.2']

/** What two captures see, a millisecond apart: a connection, and SYNs of one sequence number from `ports`, of which the far one misses those that die. */
function scanned(ports: readonly number[], dies: (port: number) => boolean) {
  const capture = (name: string, late: number) => {
    const tables = new TestCapture(['eth0'])
    const add = (ms: number, back: boolean, segment: Parameters<typeof tcp>[0]) => {
      const [source, destination] = back ? [SERVER, CLIENT] : [CLIENT, SERVER]
      const bytes = ethernet(0x800, ipv4({ source, destination, protocol: 6 }, tcp(segment)))
      tables.add(START + BigInt(Math.round((ms + (back ? -late : late)) * 1e6)), bytes)
    }
    const well = (ms: number, port: number) => {
      add(ms, false, { source: port, destination: 80, flags: SYN, seq: port, ack: 0 })
      add(ms + 5, true, { source: 80, destination: port, flags: SYN | ACK, seq: 2 * port, ack: port + 1 })
    }
    well(0, 4000)
    for (const [i, port] of ports.entries()) {
      if (late > 0 && dies(port)) continue
      add(10 + i / 10, false, { source: port, destination: 80, flags: SYN, seq: 777, ack: 0 })
    }
    well(3_000, 4001)
    return { name, tables }
  }
  const { losses, connections, alone } = hopsOf([capture('pod', 0), capture('peer', 1)])
  return { lost: losses.length, connections, alone }
}

const never = () => false

it.each([2, 5, 100])('a scan from %i ports with one sequence number crosses whole', (count) => {
  const ports = Array.from({ length: count }, (_, i) => 5_000 + i)
  expect(scanned(ports, never)).toEqual({ lost: 0, connections: count + 2, alone: 0 })
})

it.each([5, 100])('of a scan from %i ports that one is lost which died', (count) => {
  const ports = Array.from({ length: count }, (_, i) => 5_000 + i)
  expect(scanned(ports, (port) => port === 5_003)).toMatchObject({ lost: 1 })
})
