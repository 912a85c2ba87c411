import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import type { CapturePart } from '../../common/model/capture.ts'
import { type Capture, type CaptureOptions, COST, type Limits, partText } from '../../engine/capture.ts'
import type { CaptureFacts } from '../../engine/engine.ts'
import { whyFileFailed } from '../file-errors.ts'
import { CommandError } from './command.ts'
import { durationText } from './text.ts'
import { say } from './write-out.ts'

// One reused buffer: larger ones fall out of the cache and cost up to twice the CPU.
const CHUNK_BYTES = 1 << 18
/** As many tell gzip and zstd from the rest. */
const SIGNATURE_BYTES = 4

// What answers leave behind is short-lived. Room for it that grows to 48 MB makes nothing faster here, and is a tenth of what is used.
setFlagsFromString('--semi-space-growth-factor=1')
// The kernel's loops are short; to unroll them is a fifth of what V8 does to compile it.
setFlagsFromString('--no-wasm-loop-unrolling')

export interface ReadOptions extends CaptureOptions {
  /** Called with the file's bytes as stored; not for a compressed one. */
  readonly onStored?: (bytes: Uint8Array) => void
}

/**
 * Reads a whole capture file ("-" = standard input) into a new Engine, or Capture where its counts are enough.
 * Throws CommandError when the file cannot be read at all; a cut or corrupt one is read up to the damage (see facts().damage), a huge one
 * as far as this machine's memory goes (facts().unread). Also when there is nothing in the part that is asked for.
 */
export async function readCapture<T extends Capture>(
  Kind: new (options: CaptureOptions) => T,
  file: string,
  options: ReadOptions = {},
): Promise<T> {
  const engine = new Kind({ ...options, limits: { ...memoryLimits(), ...options.limits } })
  const progress = new Progress(file)
  for await (const chunk of fileChunks(file, engine.room(CHUNK_BYTES))) {
    engine.push(chunk)
    if (engine.compression === 'none') options.onStored?.(chunk)
    progress.report(engine)
    if (engine.ended) break
  }
  engine.finish()
  progress.done()
  if (engine.packets.rows === 0) {
    const facts = engine.facts()
    if (facts.damage && facts.format === undefined) throw new CommandError(`${nameOf(file)}: ${facts.damage.reason}`)
    if (options.part) throw new CommandError(`${nameOf(file)}: ${emptyPartText(options.part, facts)}`)
  }
  return engine
}

/** As much as half of the memory holds: what is asked of a capture takes some, too. */
function memoryLimits(): Limits {
  // 0 or a huge number: no control group has a limit.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return {
    packets: Math.floor((memory * 0.35) / COST.packet),
    conversations: Math.floor((memory * 0.15) / COST.conversation),
  }
}

/** What was left out because of a limit, and how to get at it; for a person. */
export function unreadText({ unread, packets, part }: CaptureFacts): string | undefined {
  if (!unread) return undefined
  const last = (part?.before ?? 0) + packets
  const first = part ? `${packets.toLocaleString('en')} packets of it` : `first ${packets.toLocaleString('en')} packets`
  return `only the ${first} were read, the capture goes on: ${unread.reason}. \`--frames ${last + 1}-${last + packets}\` (of analyze, findings, export and others) reads the next part.`
}

/** Why there is nothing to look at in the part. */
function emptyPartText(part: CapturePart, { part: read, damage }: CaptureFacts): string {
  const { before = 0, latestBefore = 0 } = read ?? {}
  const damaged = damage ? ` It is damaged behind it, at byte ${damage.offset}: ${damage.reason}` : ''
  if (before === 0 && part.to) return `no frame is in this part: the first one is behind it already.${damaged}`
  if (before === 0) return `it has no frames.${damaged}`
  const frames = `${before.toLocaleString('en')} frames`
  const latest = `the latest of them ${durationText(latestBefore / 1e6)} after the first`
  return part.from
    ? `no frame is in this part: ${frames} are in front of it, ${latest}.${damaged}`
    : `there is no frame ${part.firstFrame}: the capture has ${frames}, ${latest}.${damaged}`
}

/** Says on standard error that the capture was only read in part, if so: as it was asked for, or because it could not be read further. */
export function warnOfDamage(command: string, file: string, engine: Capture): void {
  const facts = engine.facts()
  const { damage, packets } = facts
  if (facts.part) say(`hopscope ${command}: ${nameOf(file)}: only ${partText(facts)}.`)
  const unread = unreadText(facts)
  if (unread !== undefined) say(`hopscope ${command}: ${nameOf(file)}: ${unread}`)
  if (!damage) return
  const until =
    packets === 0
      ? 'no packet comes before it'
      : packets === 1
        ? 'the packet before it was read'
        : `the ${packets.toLocaleString('en')} packets before it were read`
  say(`hopscope ${command}: ${nameOf(file)}: damaged at byte ${damage.offset}, ${until}. ${damage.reason}`)
}

/** How a FILE is called in messages. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file
}

/** The file's bytes in order. The chunk is overwritten by the next. */
async function* fileChunks(file: string, buffer: Uint8Array = new Uint8Array(CHUNK_BYTES)): AsyncGenerator<Uint8Array> {
  if (file === '-') {
    yield* standardInput()
    return
  }
  const fd = open(file)
  try {
    for (;;) {
      const n = read(file, fd, buffer)
      if (n === 0) return
      yield n === buffer.length ? buffer : buffer.subarray(0, n)
    }
  } finally {
    closeSync(fd)
  }
}

/** The first piece is long enough to tell whether it is compressed. */
async function* standardInput(): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0)
  let told = false
  try {
    for await (const chunk of process.stdin) {
      if (!Buffer.isBuffer(chunk)) continue
      if (told) {
        yield chunk
        continue
      }
      head = Buffer.concat([head, chunk])
      told = head.length >= SIGNATURE_BYTES
      if (told) yield head
    }
  } catch (error) {
    throw new CommandError(`cannot read standard input: ${whyFileFailed(error)}`)
  }
  if (!told) yield head
}

function open(file: string): number {
  try {
    const fd = openSync(file, 'r')
    if (fstatSync(fd).isDirectory()) {
      closeSync(fd)
      throw new CommandError(`${file} is a folder; name a capture file in it.`)
    }
    return fd
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`cannot open ${file}: ${whyFileFailed(error)}`)
  }
}

function read(file: string, fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${whyFileFailed(error)}`)
  }
}

/** "412 MB, 1.2 M packets" on standard error, while it is a terminal and the reading takes more than a moment. */
class Progress {
  readonly #file: string
  // Not performance.now(), for which Node loads a dozen modules.
  readonly #started = process.uptime()
  #last = this.#started
  #shown = false

  constructor(file: string) {
    this.#file = file
  }

  report(engine: Capture): void {
    const now = process.uptime()
    if (now - this.#started < 0.5 || now - this.#last < 0.1 || !process.stderr.isTTY) return
    this.#last = now
    this.#shown = true
    const megabytes = (engine.bytesRead / 1e6).toFixed(0)
    process.stderr.write(
      `\r${nameOf(this.#file)}: ${megabytes} MB, ${engine.packets.rows.toLocaleString('en')} packets\x1b[K`,
    )
  }

  done(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K')
  }
}
