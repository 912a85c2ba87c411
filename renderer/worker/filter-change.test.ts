import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { type Answer, Asker } from '../components/asker.ts'
import { CaptureWorker } from './capture-worker.ts'
import type { Search } from './engine-service.ts'

const SAMPLE = new URL('../../resources/samples/loss-episode.pcapng', import.meta.url)

interface Counted {
  readonly filter: string
  readonly packets: number
}

const turn = () => new Promise<void>((done) => setTimeout(done))

/** Bytes that come at a time off a stream. */
const STEP = 1 << 20

/** A file of which each read waits until it is let go, once it is held. */
class HeldFile extends File {
  held = false
  readonly #waiting: (() => void)[] = []

  get waiting(): number {
    return this.#waiting.length
  }

  /** Lets the read at this place of the queue come to its end. */
  async release(at = 0): Promise<void> {
    this.#waiting.splice(at, 1)[0]?.()
    await turn()
  }

  override slice(start?: number, end?: number): Blob {
    const part = super.slice(start, end)
    if (!this.held) return part
    const wait = () => new Promise<void>((resolve) => this.#waiting.push(resolve))
    return Object.assign(part, {
      arrayBuffer: async () => {
        await wait()
        return new Blob([part]).arrayBuffer()
      },
      stream: () => {
        let at = 0
        return new ReadableStream<Uint8Array<ArrayBuffer>>({
          async pull(to) {
            if (at >= part.size) return to.close()
            await wait()
            to.enqueue(new Uint8Array(await new Blob([part]).slice(at, at + STEP).arrayBuffer()))
            at += STEP
          },
        })
      },
    })
  }
}

/** The worker with a page before it: a list, and another pane that asks about the same packets. */
async function opened(bytes: Uint8Array<ArrayBuffer> = readFileSync(SAMPLE)) {
  const worker = new CaptureWorker((options) => new Engine(options))
  const file = new HeldFile([bytes], 'sample')
  await worker.open({ kind: 'file', file }, () => undefined)
  file.held = true
  const shown: Answer<Counted>[] = []
  const counted: Answer<Counted>[] = []
  const list = new Asker<Counted>((answer) => shown.push(answer))
  const lanes = new Asker<Counted>((answer) => counted.push(answer))
  function apply(filter: string): void {
    list.ask(filter, async () => ({ filter, packets: (await worker.select({ filter })).count }))
    lanes.ask(filter, async () => {
      const { packets } = await worker.lanes({ filter }, 0, 100e9, 1)
      return { filter, packets: packets[0] }
    })
    worker.setView({ filter })
  }
  /** Lets all reads go until both answer `filter`, and those that nobody waits for any more. */
  async function finish(filter: string): Promise<void> {
    while (shown.at(-1)?.key !== filter || counted.at(-1)?.key !== filter) await file.release()
    for (let n = 0; n < 5 || file.waiting > 0; n++) await file.release()
  }
  return { worker, file, apply, finish, shown, counted }
}

const A = 'frame contains "GET"'
const B = 'frame contains "HTTP/1.1 200"'

async function packets(filter: string): Promise<number> {
  const { apply, finish, shown } = await opened()
  apply(filter)
  await finish(filter)
  return shown.at(-1)?.value?.packets ?? -1
}

describe('changing the filter while packets are read for the one before', { timeout: 60_000 }, () => {
  it('ends with the last one asked for, wherever the first was and whatever comes back first', async () => {
    const counts: Record<string, number> = { [A]: await packets(A), [B]: await packets(B) }
    expect(counts[A]).not.toBe(counts[B])
    for (const filters of [
      [A, B],
      [A, B, A],
      [A, B, A, B],
    ]) {
      // After so many reads comes the next filter; what is then under way ends first come first served, or last first.
      for (let reads = 0; reads < 3; reads++) {
        for (const lastFirst of [false, true]) {
          const { file, apply, finish, shown, counted } = await opened()
          for (const filter of filters) {
            apply(filter)
            await turn()
            for (let n = 0; n < reads; n++) await file.release(lastFirst ? file.waiting - 1 : 0)
          }
          const wanted = filters.at(-1) ?? ''
          await finish(wanted)
          const last = { key: wanted, error: undefined, value: { filter: wanted, packets: counts[wanted] } }
          expect(shown.at(-1)).toMatchObject(last)
          expect(counted.at(-1)).toMatchObject(last)
          expect(shown.every(({ value, key, error }) => error === undefined && value?.filter === key)).toBe(true)
        }
      }
    }
  })

  it('does not wait for reads of the one before', async () => {
    const { file, apply, shown } = await opened()
    apply(A)
    await expect.poll(() => file.waiting).toBeGreaterThan(0)
    apply('tcp.flags.syn == 1')
    await expect.poll(() => shown.at(-1)).toMatchObject({ key: 'tcp.flags.syn == 1', error: undefined })
  })
})

/** A pcap of frames of 3000 bytes, of which every second has "GET" in it: it is read 4 MiB at a time. */
function largeFrames(count: number): Uint8Array<ArrayBuffer> {
  const LENGTH = 3000
  const bytes = new Uint8Array(24 + count * (16 + LENGTH))
  const view = new DataView(bytes.buffer)
  const header = [0xa1b2c3d4, 0x0002_0004, 0, 0, LENGTH, 1]
  header.forEach((word, at) => view.setUint32(4 * at, word))
  for (let n = 0; n < count; n++) {
    const at = 24 + n * (16 + LENGTH)
    const record = [0, n, LENGTH, LENGTH]
    record.forEach((word, i) => view.setUint32(at + 4 * i, word))
    // An Ethernet type for experiments.
    view.setUint16(at + 28, 0x88b5)
    if (n % 2 === 1) bytes.set([0x47, 0x45, 0x54], at + 1000)
  }
  return bytes
}

describe('a search that is stopped', { timeout: 60_000 }, () => {
  it('answers all from what it had found, says how far that is, and is gone on with', async () => {
    const FRAMES = 4000
    const { worker, file, apply, finish, shown, counted } = await opened(largeFrames(FRAMES))
    const told: (Search | undefined)[] = []
    worker.onSearch((search) => told.push(search))
    const query = { filter: A }
    // How many; to show some they would be read.
    const part = { first: 0, count: 0, page: 32 }
    apply(A)
    // The list and the lanes wait for one search: of the first 4 MiB of 12.
    await expect.poll(() => file.waiting).toBeGreaterThan(0)
    for (let found = 0; found === 0;) {
      await file.release()
      const list = await worker.select(query, undefined, part)
      expect(list.complete).toBe(false)
      found = list.count
    }
    worker.stopSearch()
    await expect.poll(() => shown.length + counted.length).toBe(2)
    const { count, looked = 0, complete } = await worker.select(query, undefined, part)
    expect(complete).toBe(true)
    expect(looked).toBeGreaterThan(0)
    expect(looked).toBeLessThan(FRAMES)
    expect(count).toBe(Math.floor(looked / 2))
    for (const answers of [shown, counted]) expect(answers.at(-1)?.value?.packets).toBe(count)
    expect(told.at(-1)).toEqual({ filter: A, done: looked, total: FRAMES, stoppedWith: count })
    // Nothing more is read for it, in any order.
    const sorted = await worker.select(query, { key: 'length', descending: true })
    expect(sorted).toMatchObject({ count, looked })

    // What is exported is what is shown, and that is said.
    const request = { packets: query, format: 'pcapng', redact: [] } as const
    expect(await worker.exportFacts(request)).toMatchObject({ packets: count, part: { looked, total: FRAMES } })

    worker.goOnSearching()
    expect(told.at(-1)).toBeUndefined()
    file.held = false
    while (file.waiting > 0) await file.release()
    expect(await worker.select(query)).toEqual({ id: expect.any(Number), count: FRAMES / 2, complete: true })
    expect((await worker.select(query, { key: 'length', descending: true })).count).toBe(FRAMES / 2)
    expect(await worker.exportFacts(request)).toEqual({ packets: FRAMES / 2, lost: [] })
    apply(B)
    await finish(B)
  })

  it('is gone on with when its filter is applied anew', async () => {
    const { worker, file, apply, finish, shown } = await opened(largeFrames(4000))
    apply(A)
    await expect.poll(() => file.waiting).toBeGreaterThan(0)
    worker.stopSearch()
    await expect.poll(() => shown.at(-1)).toMatchObject({ key: A, value: { packets: 0 } })
    apply('frame.number < 10')
    await finish('frame.number < 10')
    file.held = false
    apply(A)
    await finish(A)
    expect(shown.at(-1)?.value?.packets).toBe(2000)
  })
})

describe('a filter for which packets are read', { timeout: 60_000 }, () => {
  it.each(['length', 'info'] as const)('has a list sorted by %s answered with what was found so far', async (key) => {
    const { worker, file } = await opened()
    const query = { filter: A }
    const order = { key, descending: true }
    const part = { first: 0, count: 40, page: 32 }
    worker.setView(query, order)
    const first = await worker.select(query, order, part)
    expect(first).toMatchObject({ count: 0, complete: false })
    file.held = false
    while (file.waiting > 0) await file.release()
    let last = first
    while (!last.complete)
      last = await worker.select(query, order, { ...part, have: { id: last.id, count: last.count } })
    const rows = await worker.rows(last.id, 0, last.count)
    const plain = await worker.select(query)
    expect(rows.map(({ row }) => row).sort((a, b) => a - b)).toEqual(
      (await worker.rows(plain.id, 0, plain.count)).map(({ row }) => row),
    )
    const sortedBy = rows.map((row) => row[key])
    expect(sortedBy).toEqual(sortedBy.toSorted((a, b) => (a === b ? 0 : a < b ? 1 : -1)))
    expect(last.id).not.toBe(first.id)
  })

  it('is given up at once in a sorted list when another is wanted', async () => {
    const { worker, file } = await opened()
    const order = { key: 'length', descending: false } as const
    worker.setView({ filter: A }, order)
    const part = { first: 0, count: 40, page: 32 }
    /** Asks on for as long as there are only parts, as the list does. */
    async function whole(): Promise<void> {
      let found = await worker.select({ filter: A }, order, part)
      while (!found.complete) found = await worker.select({ filter: A }, order, { ...part, have: found })
    }
    const given = expect(whole()).rejects.toThrow('Cancelled')
    await expect.poll(() => file.waiting).toBeGreaterThan(0)
    worker.setView({ filter: B }, order)
    await given
  })

  it('has the list answered with what was found so far, again and again', async () => {
    const { worker, file } = await opened()
    const part = { first: 0, count: 40, page: 32 }
    const query = { filter: A }
    worker.setView(query)
    const { id, ...some } = await worker.select(query, undefined, part)
    expect(some).toEqual({ count: 0, complete: false, rows: { start: 0, of: [] } })
    let have = { id, count: 0 }
    expect(await worker.select(query, undefined, { ...part, have })).toEqual({ id, count: 0, complete: false })
    file.held = false
    while (file.waiting > 0) await file.release()
    let sent = 0
    for (let complete = false; !complete;) {
      const next = await worker.select(query, undefined, { ...part, have })
      have = { id: next.id, count: next.count }
      sent = next.rows?.of.length ?? sent
      ;({ complete } = next)
    }
    expect(have.count).toBeGreaterThan(0)
    expect(sent).toBe(Math.min(64, have.count))
    expect(await worker.select(query, undefined, { ...part, have })).toEqual({ ...have, complete: true })
  })
})
