import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CaptureWriter } from './capture-writer.ts'
import { random, type TrafficOptions, writeTraffic } from './traffic.ts'

/** Raised when the generator changes, so that kept captures are made anew. */
const GENERATION = 6

export interface BenchmarkCapture {
  readonly name: string
  readonly what: string
  readonly snapLength: number
  readonly traffic: TrafficOptions
}

const MIXED = { seed: 1, connections: Infinity, concurrent: 400, requests: 12, answerBytes: 5000 }

export const CAPTURES: readonly BenchmarkCapture[] = [
  {
    name: 'mixed-headers',
    what: 'mixed traffic, headers only (96 bytes a packet)',
    snapLength: 96,
    traffic: { ...MIXED, packets: 5_000_000 },
  },
  {
    name: 'mixed-full',
    what: 'mixed traffic, whole packets',
    snapLength: 262_144,
    traffic: { ...MIXED, packets: 1_000_000 },
  },
  {
    name: 'short',
    what: '150,000 short connections, headers only',
    snapLength: 96,
    traffic: { seed: 2, packets: Infinity, connections: 150_000, concurrent: 400, requests: 1, answerBytes: 700 },
  },
  {
    name: 'http',
    what: 'requests over HTTP/1.1 and HTTP/2, whole packets',
    snapLength: 262_144,
    traffic: {
      ...{ seed: 3, packets: Infinity, connections: 12_000, concurrent: 400, requests: 20, answerBytes: 600 },
      http: true,
    },
  },
]

/** Headers only, of about as many packets in about as many conversations (but no conversation has fewer than some eight). */
export function scaled(packets: number, conversations: number): BenchmarkCapture {
  const inEach = packets / conversations
  return {
    name: `scaled-${packets}-${conversations}`,
    what: `${packets} packets in ${conversations} conversations`,
    snapLength: 96,
    traffic: {
      ...MIXED,
      packets: Infinity,
      connections: conversations,
      concurrent: Math.min(400, conversations),
      // A third are about 14 packets, of which half are asked for on average.
      requests: Math.max(1, Math.round(inEach / 7)),
      answerBytes: inEach < 20 ? 700 : 5000,
    },
  }
}

export interface MadeCapture extends BenchmarkCapture {
  readonly file: string
  readonly packets: number
  readonly bytes: number
  readonly conversations: number
}

/** The capture in `folder`, made when it is not there. `packets` overrides how many. */
export function ensureCapture(folder: string, capture: BenchmarkCapture, packets?: number): MadeCapture {
  mkdirSync(folder, { recursive: true })
  const name = `${capture.name}-${GENERATION}${packets === undefined ? '' : `-${packets}`}`
  const file = join(folder, `${name}.pcap`)
  const facts = join(folder, `${name}.json`)
  if (existsSync(file) && existsSync(facts)) return { ...capture, file, ...numbers(readFileSync(facts, 'utf8')) }
  const next = random(99)
  const payload = Buffer.alloc(1 << 20)
  for (let i = 0; i < payload.length; i++) payload[i] = 128 + next() * 64
  const writer = new CaptureWriter(file, capture.snapLength, payload)
  const conversations = writeTraffic(writer, packets === undefined ? capture.traffic : { ...capture.traffic, packets })
  writer.close()
  const text = JSON.stringify({ packets: writer.packets, bytes: writer.bytes, conversations })
  writeFileSync(facts, text)
  return { ...capture, file, ...numbers(text) }
}

function numbers(text: string): { packets: number; bytes: number; conversations: number } {
  return JSON.parse(text)
}
