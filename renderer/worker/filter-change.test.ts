import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { type Answer, Asker } from '../components/asker.ts'
import { CaptureWorker } from './capture-worker.ts'

const SAMPLE = new URL('../../resources/samples/loss-episode.pcapng', import.meta.url)

interface Counted {
  readonly filter: string
  readonly packets: number
}

const turn = () => new Promise<void>((done) => setTimeout(done))

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
    return Object.assign(part, {
      arrayBuffer: async () => {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
        return new Blob([part]).arrayBuffer()
      },
    })
  }
}

/** The worker with a page before it: a list, and another pane that asks about the same packets. */
async function opened() {
  const worker = new CaptureWorker((options) => new Engine(options))
  const file = new HeldFile([readFileSync(SAMPLE)], 'sample')
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
