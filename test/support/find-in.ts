import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { PcapWriter } from '../../engine/capture-file/pcap-writer.ts'
import { Engine, type Finding, type FindingsReport } from '../../engine/engine.ts'
import { parseScenario } from './tcp-scenario.ts'

const FOLDERS = ['../../resources/samples/', '../fixtures/captures/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
)
const EPOCH = 1_700_000_000_000_000_000n

/** A frame and the nanoseconds at which it was captured, since the first. */
export interface TimedFrame {
  readonly time: number
  readonly bytes: Uint8Array
  readonly length?: number
}

export interface Found extends FindingsReport {
  readonly engine: Engine
}

/** What is found in a capture file's bytes. */
export async function findInBytes(file: Uint8Array): Promise<Found> {
  const pieces: Uint8Array[] = []
  const engine = new Engine({ onDecompressed: (bytes) => pieces.push(bytes.slice()) })
  engine.push(file)
  engine.finish()
  const bytes = pieces.length === 0 ? file : Buffer.concat(pieces)
  const report = await engine.findings((offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)))
  // Views know findings by their ids.
  const ids = [...report.findings, ...report.artefacts].map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
  return { ...report, engine }
}

/** What is found in one of our captures, by its file's name. */
export function findInCapture(name: string): Promise<Found> {
  for (const folder of FOLDERS) {
    try {
      return findInBytes(readFileSync(folder + name))
    } catch {
      // It is in the other folder.
    }
  }
  throw new Error(`there is no capture ${name}`)
}

/** In the order given, which is the capture's. */
export function findInFrames(frames: readonly TimedFrame[]): Promise<Found> {
  const writer = new PcapWriter({ linkType: 1 })
  for (const { time, bytes, length } of frames) {
    writer.packet(EPOCH + BigInt(Math.round(time)), bytes, length)
  }
  return findInBytes(writer.take())
}

export interface Connection {
  /** See tcp-scenario.ts. */
  readonly text: string
  /** Seconds at which it begins. */
  readonly at?: number
  readonly serverPort?: number
  /** Last byte of the server's address, 10.0.0.x. */
  readonly server?: number
  /** Last byte of the client's address. */
  readonly client?: number
  readonly clientPort?: number
}

/** What is found in TCP connections of 10.0.0.1 with 10.0.0.2:80 unless they say otherwise, with client ports from 40000 on. */
export function findInConnections(...connections: readonly (string | Connection)[]): Promise<Found> {
  const frames = connections.flatMap(framesOf)
  return findInFrames(connections.length === 1 ? frames : frames.toSorted((a, b) => a.time - b.time))
}

/** So many frames of a protocol that nothing is known of, at the capture's beginning. */
export const fillers = (count: number): TimedFrame[] =>
  Array.from({ length: count }, () => ({ time: 0, bytes: Uint8Array.of(...new Uint8Array(12), 0x88, 0xb5) }))

/** The frames of a connection, the `index`-th, which begins after as many seconds. */
export function framesOf(connection: string | Connection, index = 0): TimedFrame[] {
  const {
    text,
    at = index,
    serverPort = 80,
    server = 2,
    client = 1,
    clientPort = 40_000 + index,
  } = typeof connection === 'string' ? { text: connection } : connection
  return parseScenario(text).packets.map(({ frame, time }) => {
    const bytes = frame.bytes.slice()
    const view = new DataView(bytes.buffer)
    const fromA = bytes[29] === 1
    bytes[fromA ? 33 : 29] = server
    bytes[fromA ? 29 : 33] = client
    view.setUint16(fromA ? 34 : 36, clientPort)
    view.setUint16(fromA ? 36 : 34, serverPort)
    return { time: at * 1e9 + time, bytes, length: frame.length }
  })
}

export const kindsOf = ({ findings }: FindingsReport): string[] => findings.map(({ kind }) => kind)

/** The one finding there is; fails where there are none or several. */
export function theFinding(report: FindingsReport): Finding {
  if (report.findings.length !== 1) throw new Error(`found: ${kindsOf(report).join(', ') || 'nothing'}`)
  return report.findings[0]
}
