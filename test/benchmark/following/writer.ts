// A thread that writes a capture into another file, as much a second as it is told.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

export interface WriterOrder {
  readonly source: string
  /** Bytes of the source; it ends there at the latest. */
  readonly bytes: number
  readonly path: string
  /** Bytes that are in the file already. */
  readonly written: number
  /** Megabytes a second. */
  readonly rate: number
  readonly seconds: number
}

/** What it tells after each piece. */
export interface Written {
  /** When it began with the piece, in milliseconds since 1970. */
  readonly at: number
  /** Bytes of the file. */
  readonly written: number
}

const TICK_MS = 10

const { source, bytes, path, written: before, rate, seconds }: WriterOrder = workerData
const from = openSync(source, 'r')
const to = openSync(path, 'a')
const piece = Buffer.alloc(1 << 18)
const start = performance.now()
let written = before
for (let now = start; now - start < seconds * 1000 && written < bytes; now = performance.now()) {
  const end = Math.min(bytes, before + Math.floor(((now - start) / 1000) * rate * 1e6))
  while (written < end) {
    const n = readSync(from, piece, 0, Math.min(piece.length, end - written), written)
    writeSync(to, piece, 0, n)
    written += n
  }
  parentPort?.postMessage({ at: performance.timeOrigin + now, written } satisfies Written)
  await wait(TICK_MS)
}
closeSync(from)
closeSync(to)
