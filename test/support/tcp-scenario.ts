import { tcpFrame } from './tcp-frame.ts'
import type { CapturedFrame } from './tcp-frame.ts'

/**
 * TCP traffic as text, a packet a line, with what is expected of it behind a semicolon:
 *
 *     isn A 1000 B 5000                       (these are the defaults)
 *     clock 0                                 (the first packet came at the very beginning of 1970, not in 2023)
 *     ids                                     (number the IP headers of each side from 1, as Linux does; else they have 0)
 *     +0    A>B S  0(0)         win 64000 <mss 1460, wscale 7>
 *     +10ms B>A SA 0(0)   ack 1 win 65000 <mss 1460, wscale 7> ; acks 1
 *     +10ms A>B A  1(0)   ack 1 win 500
 *     +1ms  A>B PA 1:1461(1460) ack 1                          ; flight 1460
 *     +25ms B>A A  1(0)   ack 1 win 500 <sack 1461:2921>       ; duplicate ack 1 of 2
 *
 * Time is what passed since the line before, negative if the clock was set back. Sequence and acknowledgment numbers count
 * from the sender's and the other side's ISN; without `ack` the field is 0. The end after the colon is optional and checked.
 * Without `win` the side's last window stays (1000 at first). Then, in any order: options in <>, `snap N` (bytes captured from
 * the TCP header on), `id N` (IP identification), `ttl N` (64 without), `ip-length N` (what the IP header claims), `on N`
 * (the interface; 0 without), `fragment`. Lines that begin with # and empty ones don't count.
 *
 * Expected are labels, spelled as Wireshark's with spaces ("fast retransmission" and "spurious retransmission" stand for themselves
 * and "retransmission"), and facts, see FACTS. A packet's labels must be exactly those of its line; a fact is compared only where
 * the line has one of its kind. Packets are numbered from 1.
 */
export interface Scenario {
  /** Nanoseconds from 1970 to the first packet. */
  readonly epoch: bigint
  readonly packets: readonly ScenarioPacket[]
}

export interface ScenarioPacket {
  /** The line without what is expected. */
  readonly text: string
  /** Nanoseconds since the first packet. */
  readonly time: number
  readonly frame: CapturedFrame
  readonly interfaceId: number
  readonly expected: readonly string[]
}

/** What can be expected besides labels: "acks 3", "rto 3" (the packet it counts from), "initial 20ms", "flight none". */
export const FACTS = ['acks', 'flight', 'rto', 'initial', 'stream', 'scaled'] as const
export type Fact = (typeof FACTS)[number]

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 }
const UNITS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1, '': 1e9 }
const LINE = /^([+-])([\d.]+)(s|ms|us|ns|)\s+(A>B|B>A)\s+([FSRPAUEC]+|-)\s+(-?\d+)(?::(-?\d+))?\((\d+)\)\s*(.*)$/

/** A line of a scenario without its time, and when it is, in milliseconds from any moment on. */
export interface TimedLine {
  readonly at: number
  readonly line: string
}

/** The scenario of such lines, the first of which is its beginning. */
export function inOrder(lines: readonly TimedLine[]): string {
  const sorted = lines.toSorted((a, b) => a.at - b.at)
  return sorted.map(({ at, line }, n) => `+${(at - sorted[Math.max(0, n - 1)].at).toFixed(3)}ms ${line}`).join('\n')
}

export function parseScenario(text: string): Scenario {
  const packets: ScenarioPacket[] = []
  const isn = { A: 1000, B: 5000 }
  const windows = { A: 1000, B: 1000 }
  const ids = { A: 0, B: 0 }
  let epoch = 1_700_000_000_000_000_000n
  let counting = false
  let time = 0
  for (const raw of text.split('\n')) {
    const [line, expectation = ''] = raw.split(';').map((part) => part.trim())
    if (line === '' || line.startsWith('#')) continue
    const isns = /^isn(?: A (\d+))?(?: B (\d+))?$/.exec(line)
    if (isns) {
      if (isns[1]) isn.A = Number(isns[1])
      if (isns[2]) isn.B = Number(isns[2])
      continue
    }
    if (line === 'clock 0') {
      epoch = 0n
      continue
    }
    if (line === 'ids') {
      counting = true
      continue
    }
    const match = LINE.exec(line)
    if (!match) throw new Error(`This is not a packet: ${line}`)
    const [, sign, amount, unit, direction, flags, start, end, length, rest] = match
    time += Math.round((sign === '-' ? -1 : 1) * Number(amount) * UNITS[unit])
    const sender = direction === 'A>B' ? 'A' : 'B'
    const other = sender === 'A' ? 'B' : 'A'
    if (end !== undefined && Number(end) !== Number(start) + Number(length))
      throw new Error(`${start}+${length} is not ${end}: ${line}`)
    const words = parseRest(rest, isn[other])
    if (words.window !== undefined) windows[sender] = words.window
    // An explicit one is another sighting of that packet, or one sent earlier: it does not count.
    const ipId = words.ipId ?? (counting ? ++ids[sender] : 0)
    packets.push({
      text: line,
      time,
      interfaceId: words.interfaceId,
      frame: tcpFrame({
        ...words,
        ipId,
        fromA: sender === 'A',
        flags: flags === '-' ? 0 : Array.from(flags).reduce((bits, letter) => bits | FLAGS[letter], 0),
        seq: (isn[sender] + Number(start)) >>> 0,
        window: windows[sender],
        payloadLength: Number(length),
      }),
      expected: expectation === '' ? [] : expectation.split(',').map((word) => word.trim()),
    })
  }
  return { epoch, packets }
}

function parseRest(rest: string, otherIsn: number) {
  const options = /<(.*)>/.exec(rest)?.[1]
  const words = rest.replace(/<.*>/, '').trim()
  const left = words
    .replace(/\b(ack -?\d+|win \d+|snap \d+|id \d+|ttl \d+|ip-length \d+|on \d+|fragment)\b/g, '')
    .replaceAll('-', '')
    .trim()
  if (left !== '') throw new Error(`What is "${left}"?`)
  const number = (name: string): number | undefined => {
    const found = new RegExp(`\\b${name} (-?\\d+)`).exec(words)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const ack = number('ack')
  const window = number('win')
  const snap = number('snap')
  const ipLength = number('ip-length')
  const ipId = number('id')
  const ttl = number('ttl')
  return {
    ack: ack === undefined ? 0 : (otherIsn + ack) >>> 0,
    options: options === undefined ? [] : options.split(',').flatMap((option) => optionBytes(option.trim(), otherIsn)),
    interfaceId: number('on') ?? 0,
    fragment: /\bfragment\b/.test(words),
    ...(window !== undefined && { window }),
    ...(snap !== undefined && { snap }),
    ...(ipLength !== undefined && { ipLength }),
    ...(ipId !== undefined && { ipId }),
    ...(ttl !== undefined && { ttl }),
  }
}

/** RFC 9293 section 3.2, RFC 7323, RFC 2018. SACK edges count from the other side's ISN. */
function optionBytes(option: string, otherIsn: number): number[] {
  const [name, ...values] = option.split(' ')
  switch (name) {
    case 'mss':
      return [2, 4, ...big(Number(values[0]), 2)]
    case 'wscale':
      return [3, 3, Number(values[0])]
    case 'sackOK':
      return [4, 2]
    case 'ts':
      // With two NOPs, as RFC 7323 appendix A has it: so most packets go the short way (kernel/tcp/calm.ts).
      return [1, 1, 8, 10, ...big(Number(values[0]), 4), ...big(Number(values[1]), 4)]
    case 'sack':
      return [
        5,
        2 + 8 * values.length,
        ...values.flatMap((block) => block.split(':').flatMap((edge) => big(otherIsn + Number(edge), 4))),
      ]
    case 'short-sack':
      return [5, 5, 0, 0, 0]
    default:
      throw new Error(`No such option: ${option}`)
  }
}

function big(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (value / 2 ** (8 * (size - 1 - i))) & 0xff)
}
