import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import { QuickWriter } from './quick-write.ts'

// FILE.parts/journal: how much of each point is in the capture's file, so that packets need to be written only once. After each piece of the
// file comes a line that says what it brought; who goes on after a crash cuts the file behind the last line's `bytes` and fetches from there.
//
//   {"bytes":5120,"packets":12,"late":0,"points":{"0":{"interface":0,"segment":3,"packet":7,"packets":12,"lostBytes":0}}}
//   {"synced":5120}
//
// Bytes and lines reach the disk in any order, so that after a power failure lines may speak of bytes that are not there: what lies behind
// `synced` is looked at before it is believed. Only what lies before it may be forgotten in the pod.

const count = z.exactOptional(z.number())
const End = z.object({
  state: z.enum(['complete', 'incomplete']),
  why: z.exactOptional(z.string()),
  message: z.exactOptional(z.string()),
  counts: z.object({ captured: count, received: count, dropped: count, interfaceDropped: count }),
})
/** How a point ended. */
export type PointEnd = Readonly<z.infer<typeof End>>

const Mark = z.object({
  /** Of the file; absent until its link type is known. */
  interface: z.exactOptional(z.number()),
  /** What was written last: so many packets of this segment. */
  segment: z.number(),
  packet: z.number(),
  /** In the file. */
  packets: z.number(),
  lostBytes: z.number(),
  /** Once all of it is in the file: nothing is to be fetched any more. */
  end: z.exactOptional(End),
})
/** How far a point is in the file. */
export type PointMark = Readonly<z.infer<typeof Mark>>
export const NOTHING_YET: PointMark = { segment: 0, packet: 0, packets: 0, lostBytes: 0 }

const Line = z.union([
  z.object({ synced: z.number() }),
  z.object({
    bytes: z.number(),
    packets: z.number(),
    late: z.number(),
    points: z.record(z.string(), Mark),
  }),
])

/** What the file is at one moment. */
export interface Written {
  readonly bytes: number
  readonly packets: number
  readonly late: number
  readonly points: ReadonlyMap<number, PointMark>
}

/** Longer, and the next sync begins it anew. */
const LONG = 256 << 10

export class CaptureJournal {
  readonly #path: string
  readonly #writer = new QuickWriter()
  #file: FileHandle
  #length = 0
  written: Written

  private constructor(path: string, file: FileHandle, written: Written) {
    this.#path = path
    this.#file = file
    this.written = written
  }

  /** `written` is on the disk. */
  static async begin(path: string, written: Written): Promise<CaptureJournal> {
    await mkdir(dirname(path), { recursive: true })
    const journal = new CaptureJournal(path, await open(`${path}.new`, 'w', 0o600), written)
    try {
      await journal.#replace(written)
    } catch (error) {
      await journal.close()
      throw error
    }
    return journal
  }

  get isLong(): boolean {
    return this.#length > LONG
  }

  /** The file has grown to this; `points`: those that have changed. Before it is called again it has to be done. */
  async add({ points, ...totals }: Written): Promise<void> {
    await this.#say({ ...totals, points: Object.fromEntries(points) })
    this.written = { ...totals, points: new Map([...this.written.points, ...points]) }
  }

  /** What was `written` then is on the disk, for good. When it returns, so is this word. */
  async synced(then: Written): Promise<void> {
    if (!this.isLong) {
      await this.#say({ synced: then.bytes })
      return this.#file.datasync()
    }
    await this.#file.close()
    this.#file = await open(`${this.#path}.new`, 'w', 0o600)
    await this.#replace(then)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** The new file says all that is so now, and takes the place of the old. */
  async #replace(synced: Written): Promise<void> {
    this.#length = 0
    await this.#say(lineOf(synced))
    await this.#say({ synced: synced.bytes })
    // What came since, a power failure may still take.
    if (this.written !== synced) await this.#say(lineOf(this.written))
    await this.#file.datasync()
    await rename(`${this.#path}.new`, this.#path)
  }

  async #say(line: object): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(line)}\n`)
    await this.#writer.write(this.#file, text, this.#length)
    this.#length += text.length
  }
}

const lineOf = ({ points, ...totals }: Written) => ({ ...totals, points: Object.fromEntries(points) })

export interface JournalRead {
  readonly synced: number
  /** What the file was, from the last moment that is on the disk for good to the last that was written. */
  readonly moments: readonly Written[]
}

/** undefined when there is none. A line that was cut by a crash, and what is behind it, is not there. */
export async function readJournal(path: string): Promise<JournalRead | undefined> {
  let moments: Written[] = []
  let synced = 0
  for (const text of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
    const line = parse(text)
    if (line === undefined) break
    if ('synced' in line) {
      synced = line.synced
      moments = moments.filter(({ bytes }, index) => bytes >= synced || index === moments.length - 1)
    } else {
      const changed = Object.entries(line.points).map(([id, mark]) => [Number(id), mark] as const)
      moments.push({ ...line, points: new Map([...(moments.at(-1)?.points ?? []), ...changed]) })
    }
  }
  return moments.length === 0 ? undefined : { synced, moments }
}

function parse(text: string): z.infer<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
