import type { Query } from '../../engine/engine.ts'
import type { SelectionHandle } from './engine-service.ts'

const KEPT = 12

interface Entry {
  readonly id: number
  readonly key: string
  rows: Uint32Array | undefined
  count: number
  /** In another order than that of the file: then the rows do not ascend. */
  readonly sorted: boolean
}

/**
 * The selections the page may still ask rows of. The same query keeps its number when it is asked again while the capture grows:
 * packets are only ever added behind those it had.
 */
export class Selections {
  // The last used is last.
  readonly #entries: Entry[] = []
  #ids = 0

  /** `query` is its key. `rows` undefined = all packets, of which there are `count`; `order` names how they are sorted, '' = as in the file. */
  put(query: string, rows: Uint32Array | undefined, count: number, order = ''): Pick<SelectionHandle, 'id' | 'count'> {
    const key = query + order
    const sorted = order !== ''
    const entry = this.#take((known) => known.key === key) ?? { id: ++this.#ids, key, rows, count, sorted }
    entry.rows = rows
    entry.count = count
    this.#entries.push(entry)
    if (this.#entries.length > KEPT) this.#entries.shift()
    return { id: entry.id, count }
  }

  /** Packet rows at [start, start + count) of the selection; none when it is no longer known. */
  rows(id: number, start: number, count: number): readonly number[] {
    const entry = this.#take((known) => known.id === id)
    if (!entry) return []
    this.#entries.push(entry)
    const { rows } = entry
    const end = Math.min(start + count, entry.count)
    if (rows) return Array.from(rows.subarray(start, end))
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i)
  }

  /** How many rows of the selection come before `row`, and whether it is one of them itself. */
  position(id: number, row: number): { readonly index: number; readonly found: boolean } {
    const entry = this.#entries.find((known) => known.id === id)
    if (!entry) return { index: 0, found: false }
    const { rows } = entry
    if (entry.sorted) {
      const index = rows?.indexOf(row) ?? -1
      return { index: Math.max(0, index), found: index >= 0 }
    }
    if (!rows) return { index: Math.min(row, entry.count), found: row < entry.count }
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (rows[middle] < row) low = middle + 1
      else high = middle
    }
    return { index: low, found: rows[low] === row }
  }

  #take(is: (entry: Entry) => boolean): Entry | undefined {
    const at = this.#entries.findIndex(is)
    return at < 0 ? undefined : this.#entries.splice(at, 1)[0]
  }
}

/** The same text for queries that mean the same. */
export function queryKey({ filter, from, to, conversation }: Query): string {
  return JSON.stringify([filter ?? '', from ?? null, to ?? null, conversation ?? null])
}
