import type { Fetched } from './excerpts.ts'

/** Bytes of those that are kept: of the timestamps of ten million packets. */
const MOST_BYTES = 64 << 20

/** Excerpts that were fetched: a filter is refined on the same fields again and again, and the next one asks nobody. */
export class KeptExcerpts {
  readonly #most: number
  /** By what they are of, by the chunk's first row; what was last asked for is last. */
  readonly #kept = new Map<string, Map<number, Fetched>>()
  #bytes = 0

  constructor(most = MOST_BYTES) {
    this.#most = most
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Those of the chunk, if all of `places` (ascending) are among them; `what` says which bytes, the same for all packets of a head. */
  find(what: string, firstRow: number, places: Uint16Array): Fetched | undefined {
    const chunks = this.#kept.get(what)
    const fetched = chunks?.get(firstRow)
    if (!chunks || !fetched || !holds(fetched.places, places)) return undefined
    this.#kept.delete(what)
    this.#kept.set(what, chunks)
    return fetched
  }

  /** In place of what was asked for longest ago. Of what alone is too much its first chunks stay, as the next filter begins with them. */
  keep(what: string, firstRow: number, fetched: Fetched): void {
    const chunks = this.#kept.get(what) ?? new Map<number, Fetched>()
    const before = chunks.get(firstRow)
    if (before && before.places.length > fetched.places.length) return
    this.#kept.delete(what)
    this.#kept.set(what, chunks)
    this.#bytes -= before ? sizeOf(before) : 0
    chunks.delete(firstRow)
    const size = sizeOf(fetched)
    for (const [oldest, those] of this.#kept) {
      if (this.#bytes + size <= this.#most || oldest === what) break
      for (const one of those.values()) this.#bytes -= sizeOf(one)
      this.#kept.delete(oldest)
    }
    if (this.#bytes + size > this.#most) return
    chunks.set(firstRow, fetched)
    this.#bytes += size
  }
}

function sizeOf({ places, bytes }: Fetched): number {
  return places.byteLength + bytes.byteLength
}

/** Whether all of `some` are among `all`; both ascend. */
function holds(all: Uint16Array, some: Uint16Array): boolean {
  let at = 0
  for (let n = 0; n < some.length; n++) {
    const place = some[n]
    while (at < all.length && all[at] < place) at++
    if (all[at] !== place) return false
  }
  return true
}
