import { type FoundPlaces, MOST_SEARCHED, searchText } from '../../common/model/capture-search.ts'
import type { Needle } from '../../common/model/needle.ts'

type Search = (text: string, from: number, to: number, signal?: AbortSignal) => Promise<FoundPlaces>

interface Block {
  readonly found: Promise<FoundPlaces>
  /** Of who asked first: when it aborts before the block was searched, `found` rejects. */
  readonly signal: AbortSignal | undefined
}

/** Blocks kept: a filter asks for the packets of a few megabytes at a time. */
const KEPT = 8

/** Searches a capture in large blocks, one ahead of who asks. */
export class SearchAhead {
  readonly #search: Search
  /** What is found in a block, by what is sought and the block's number; the last asked for is last. */
  readonly #blocks = new Map<string, Block>()

  constructor(search: Search) {
    this.#search = search
  }

  /**
   * Where the needles begin in [from, to), and perhaps beside it, unless the signal aborts; undefined where they are too much to look for.
   */
  search(needles: readonly Needle[], from: number, to: number, signal?: AbortSignal): Promise<FoundPlaces> | undefined {
    const text = searchText(needles)
    return text === undefined ? undefined : this.#joined(text, from, to, signal)
  }

  async #joined(text: string, from: number, to: number, signal: AbortSignal | undefined): Promise<FoundPlaces> {
    const parts: FoundPlaces[] = []
    for (let at = from - (from % MOST_SEARCHED); at < to; at += MOST_SEARCHED) {
      const found = this.#found(text, at, signal)
      // Whoever needs it learns how it ended.
      this.#block(text, at + MOST_SEARCHED, signal).found.catch(() => undefined)
      const part = await found
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

  async #found(text: string, from: number, signal: AbortSignal | undefined): Promise<FoundPlaces> {
    const block = this.#block(text, from, signal)
    try {
      return await block.found
    } catch (error) {
      // It was another's, who gave it up: that says nothing to this one.
      if (signal?.aborted || !block.signal?.aborted || block.signal === signal) throw error
      return this.#found(text, from, signal)
    }
  }

  #block(text: string, from: number, signal: AbortSignal | undefined): Block {
    const key = `${from} ${text}`
    const block = this.#blocks.get(key) ?? this.#ask(key, text, from, signal)
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) break
      this.#blocks.delete(oldest)
    }
    return block
  }

  /** It is forgotten unless it was searched to its end: more may come behind what was. */
  #ask(key: string, text: string, from: number, signal: AbortSignal | undefined): Block {
    const end = from + MOST_SEARCHED
    const forget = () => {
      if (this.#blocks.get(key) === block) this.#blocks.delete(key)
    }
    const found = this.#search(text, from, end, signal).then(
      (places) => {
        if (places.to < end) forget()
        return places
      },
      (error: unknown) => {
        forget()
        throw error
      },
    )
    const block: Block = { found, signal }
    return block
  }
}
