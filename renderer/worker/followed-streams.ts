import type { FollowedStream, FollowLine, FollowMatches, ReadBytes, StreamLines, Work } from '../../engine/engine.ts'
import type { FollowHandle, FollowRequest, FollowState } from './engine-service.ts'
import { otherTasks } from './other-tasks.ts'

/** What of the engine is needed to follow streams; its code only the worker's entry may import. */
export interface StreamTools {
  follow(request: FollowRequest, read: ReadBytes): Promise<FollowedStream | undefined>
  lines(stream: FollowedStream, request: FollowRequest): StreamLines
  search(
    stream: FollowedStream,
    needle: Uint8Array,
    anyCase: boolean,
    read: ReadBytes,
    work: Work,
  ): Promise<FollowMatches>
}

const KEPT = 3
/** A stream is shown after this long, however few of its lines are known. */
const FIRST_LINES_MS = 120
const SAVE_BYTES = 8 << 20

interface Followed {
  readonly id: number
  readonly key: string
  readonly stream: FollowedStream
  readonly lines: StreamLines
  readonly control: AbortController
  readonly known: Promise<void>
  failure: string | undefined
}

/** The streams that the page follows, or did a moment ago. Lines of text are looked for in the background. */
export class FollowedStreams {
  readonly #tools: StreamTools
  readonly #read: ReadBytes
  readonly #kept: Followed[] = []
  #ids = 0
  #search: AbortController | undefined

  constructor(tools: StreamTools, read: ReadBytes) {
    this.#tools = tools
    this.#read = read
  }

  /** `packets` tells states of a growing conversation apart. */
  async follow(request: FollowRequest, packets: number): Promise<FollowHandle | undefined> {
    const key = JSON.stringify([request.conversation, request.side, request.format, request.width, packets])
    const followed =
      this.#kept.find((known) => known.key === key && known.failure === undefined) ?? (await this.#begin(key, request))
    if (!followed) return undefined
    await Promise.race([followed.known, new Promise((resolve) => setTimeout(resolve, FIRST_LINES_MS))])
    return {
      id: followed.id,
      facts: followed.stream.facts,
      bytes: followed.stream.bytes,
      ...stateOf(followed),
    }
  }

  state(id: number): FollowState {
    return stateOf(this.#of(id))
  }

  lines(id: number, start: number, count: number): Promise<readonly FollowLine[]> {
    return this.#of(id).lines.lines(start, count, this.#read)
  }

  lineAt(id: number, position: number): number {
    return this.#of(id).lines.lineAt(position)
  }

  /** One search at a time: a new one ends the one before. */
  search(id: number, needle: Uint8Array, anyCase: boolean): Promise<FollowMatches> {
    this.#search?.abort()
    this.#search = new AbortController()
    const work = { signal: this.#search.signal, pause: otherTasks }
    return this.#tools.search(this.#of(id).stream, needle, anyCase, this.#read, work)
  }

  /** The captured bytes, for a file. The browser keeps large ones on disk. */
  async bytes(id: number): Promise<Blob> {
    const { stream } = this.#of(id)
    const parts: Blob[] = []
    for (let from = 0; from < stream.bytes; from += SAVE_BYTES) {
      parts.push(new Blob([await stream.slice(from, from + SAVE_BYTES, this.#read)]))
    }
    return new Blob(parts)
  }

  async #begin(key: string, request: FollowRequest): Promise<Followed | undefined> {
    const stream = await this.#tools.follow(request, this.#read)
    if (!stream) return undefined
    const lines = this.#tools.lines(stream, request)
    const control = new AbortController()
    const followed: Followed = {
      id: ++this.#ids,
      key,
      stream,
      lines,
      control,
      failure: undefined,
      known: lines.extend(this.#read, { signal: control.signal, pause: otherTasks }).catch((error: unknown) => {
        if (!control.signal.aborted) followed.failure = error instanceof Error ? error.message : String(error)
      }),
    }
    this.#kept.push(followed)
    if (this.#kept.length > KEPT) this.#kept.shift()?.control.abort()
    return followed
  }

  #of(id: number): Followed {
    const followed = this.#kept.find((known) => known.id === id)
    if (!followed) throw new Error('This stream is no longer followed.')
    return followed
  }
}

function stateOf({ lines, failure }: Followed): FollowState {
  if (failure !== undefined) throw new Error(failure)
  return { lines: lines.count, complete: lines.complete }
}
