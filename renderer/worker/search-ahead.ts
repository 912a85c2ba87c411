import { type FoundPlaces, MOST_SEARCHED, searchText } from '../../common/model/capture-search.ts'
import type { Needle } from '../../common/model/needle.ts'

type Search = (text: string, from: number, to: number) => Promise<FoundPlaces>

/** Blocks kept: a filter asks for the packets of a few megabytes at a time. */
const KEPT = 8

/** Searches a capture in large blocks, one ahead of who asks. */
export class SearchAhead {
  readonly #search: Search
  /** What is found in a block, by what is sought and the block's number; the last asked for is last. */
  readonly #blocks = new Map<string, Promise<FoundPlaces>>()

  constructor(search: Search) {
    this.#search = search
  }

  /** Where the needles begin in [from, to), and perhaps beside it; undefined where they are too much to look for. */
  search(needles: readonly Needle[], from: number, to: number): Promise<FoundPlaces> | undefined {
    const text = searchText(needles)
    return text === undefined ? undefined : this.#joined(text, from, to)
  }

  async #joined(text: string, from: number, to: number): Promise<FoundPlaces> {
    const parts: FoundPlaces[] = []
    for (let at = from - (from % MOST_SEARCHED); at < to; at += MOST_SEARCHED) {
      const block = this.#block(text, at)
      // Whoever needs it learns how it ended.
      this.#block(text, at + MOST_SEARCHED).catch(() => undefined)
      const part = await block
      parts.push(part)
      if (part.to < at + MOST_SEARCHED) break
    }
    const places = new Float64Array(parts.reduce((sum, part) => sum + part.places.length, 0))
    let count = 0
    for (const part of parts) {
      places.set(part.places, count)
      count += part.places.length
    }
    return { places, to: parts.at(-1)?.to ?? from }
  }

  #block(text: string, from: number): Promise<FoundPlaces> {
    const key = `${from} ${text}`
    let block = this.#blocks.get(key)
    this.#blocks.delete(key)
    block ??= this.#search(text, from, from + MOST_SEARCHED)
    this.#blocks.set(key, block)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) break
      this.#blocks.delete(oldest)
    }
    void this.#forget(key, block, from + MOST_SEARCHED)
    return block
  }

  /** Unless it was searched to its end: more may come behind what was. */
  async #forget(key: string, block: Promise<FoundPlaces>, end: number): Promise<void> {
    const to = await block.then(
      (found) => found.to,
      () => 0,
    )
    if (to < end && this.#blocks.get(key) === block) this.#blocks.delete(key)
  }
}
