import { once } from 'node:events'
import { CONTAINER_NODE, type RunningContainer } from './cluster.ts'

// Numbered datagrams, so that a capture can be counted: each number once, in order, with its own bytes.

const MARK = 0x48534551 // HSEQ

const SENDER = `
const [address, port, perSecond, size, count] = process.argv.slice(1)
const socket = require('node:dgram').createSocket('udp4')
let next = 0
let ended = false
let failed = 0
let why = ''
const start = Date.now()
function datagram(number) {
  const bytes = Buffer.alloc(Number(size), number & 0xff)
  bytes.writeUInt32BE(${MARK}, 0)
  bytes.writeUInt32BE(number, 4)
  return bytes
}
function burst() {
  const due = ended ? next : Math.min(Number(count), Math.floor(((Date.now() - start) / 1000) * perSecond))
  if (ended || next >= Number(count)) { process.stdout.write([next, failed, why].join(' ') + '\\n', () => process.exit()); return }
  let waiting = 0
  while (next < due) {
    waiting++
    socket.send(datagram(next++), Number(port), address, (error) => { if (error) { failed++; why = error.code } if (--waiting === 0) setTimeout(burst, 2) })
  }
  if (waiting === 0) setTimeout(burst, 2)
}
process.stdin.on('end', () => { ended = true }).resume()
process.stdout.write('ready\\n')
burst()`

/** How many a second, of how many bytes (at least 8), how many in all, to which port. */
interface TrafficOptions {
  readonly perSecond: number
  readonly size?: number
  readonly count?: number
  readonly port?: number
}

/** The command that sends them in a container; it ends when all are sent, or its stdin does. */
export function trafficCommand(to: string, { perSecond, size = 200, count, port = 9 }: TrafficOptions): string[] {
  return [CONTAINER_NODE, '-e', SENDER, ...[to, port, perSecond, size, count ?? 2 ** 31].map(String)]
}

export interface Traffic {
  /** Ends it; how many were sent. Throws when one could not be: what was never on the wire is missing in no capture. */
  stop(): Promise<number>
}

/** Starts a sender in a container. With `count` it ends by itself, and `stop` waits for that. */
export async function startTraffic(from: RunningContainer, to: string, options: TrafficOptions): Promise<Traffic> {
  const child = from.exec(trafficCommand(to, options))
  let said = ''
  child.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  child.stderr?.on('data', (bytes: Buffer) => process.stderr.write(bytes))
  while (!said.includes('ready')) await once(child.stdout ?? child, 'data')
  return {
    async stop() {
      if (options.count === undefined) child.stdin?.end()
      if (child.exitCode === null) await once(child, 'close')
      const [sent, failed, why] = said.trim().split('\n').at(-1)?.split(' ') ?? []
      if (Number(failed) > 0) throw new Error(`${failed} of ${sent} datagrams could not be sent: ${why}`)
      return Number(sent)
    },
  }
}

export interface Count {
  readonly packets: number
  readonly distinct: number
  /** Numbers between the first and the last that are not there. */
  readonly missing: number
  readonly duplicated: number
  readonly outOfOrder: number
  /** Whole packets whose bytes are not those that were sent. */
  readonly damaged: number
  readonly first: number
  readonly last: number
}

/** The numbers of the numbered datagrams among packets (Ethernet, IPv4, UDP). */
export function numbersOf(packets: readonly Buffer[]): number[] {
  return packets.flatMap((packet) => (isNumbered(packet) ? [packet.readUInt32BE(46)] : []))
}

const isNumbered = (packet: Buffer) => packet.length >= 50 && packet.readUInt32BE(42) === MARK

/** Counts the numbered datagrams among packets. */
export function countSequence(packets: Iterable<Buffer>): Count {
  const seen = new Set<number>()
  let total = 0
  let duplicated = 0
  let outOfOrder = 0
  let damaged = 0
  let last = -1
  for (const packet of packets) {
    if (!isNumbered(packet)) continue
    const number = packet.readUInt32BE(46)
    total++
    if (seen.has(number)) duplicated++
    if (number < last) outOfOrder++
    seen.add(number)
    last = Math.max(last, number)
    if (packet.subarray(50).some((byte) => byte !== (number & 0xff))) damaged++
  }
  const first = seen.size === 0 ? 0 : Math.min(...firstFew(seen))
  const missing = seen.size === 0 ? 0 : last - first + 1 - seen.size
  return { packets: total, distinct: seen.size, missing, duplicated, outOfOrder, damaged, first, last }
}

function firstFew(seen: ReadonlySet<number>): number[] {
  return [...seen].slice(0, 1000)
}
