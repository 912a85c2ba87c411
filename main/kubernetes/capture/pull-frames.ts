import { createHash, type Hash } from 'node:crypto'

// The frames that the pod sends while its capture is fetched; see PULL in pod-scripts.ts.

/** `begin`, `bytes` and `data` are one frame of the pod: its head, what comes of it, and the word that its digest is that of what came. */
export type PullFrame =
  | ({ readonly kind: 'begin' | 'data' } & DataFrame)
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'segment-end'; readonly segment: number; readonly size: number; readonly sha256: string }
  | { readonly kind: 'gap'; readonly segment: number; readonly lostBytes: number }
  /** So many bytes behind those that were sent are in the pod, as capturing ends. */
  | { readonly kind: 'left'; readonly bytes: number }
  | { readonly kind: 'idle'; readonly words: string }
  /** Milliseconds since 1970, by the pod's clock: what tcpdump had written then was sent. */
  | { readonly kind: 'clock'; readonly time: number }
  | {
      readonly kind: 'end'
      readonly exitCode: number
      readonly segments: number
      readonly words: string
      readonly why: string
    }

export interface DataFrame {
  readonly segment: number
  readonly offset: number
  readonly length: number
  /** The segment ends with these bytes. */
  readonly last: boolean
}

/** What came is not what was sent: bytes are missing, or are others. The stream is of no use any more; what was taken before is good. */
export class BrokenFrame extends Error {}

const HEADER_LIMIT = 256
const LENGTH_LIMIT = 64 << 20

interface Header {
  readonly fields: readonly string[]
  readonly length: number
  readonly data?: { readonly frame: DataFrame; readonly hash: Hash }
}

const NO_BYTES = Buffer.alloc(0)

/**
 * Cuts the stream into frames and checks each. Of a data frame the bytes come out as they come in, views of what was pushed, and are void unless
 * its `data` follows: whoever takes them does so while they are in the processor's cache, and they are not gathered here.
 */
export class PullFrames {
  #head: Buffer = NO_BYTES
  #header: Header | undefined
  #words: Buffer[] = []
  #left = 0;

  /** The frames that these bytes complete. Throws BrokenFrame. */
  *push(bytes: Uint8Array): Generator<PullFrame, undefined> {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (;;) {
      if (!this.#header) {
        const end = rest.indexOf(10)
        const head = Buffer.concat([this.#head, end < 0 ? rest : rest.subarray(0, end)])
        if (head.length > HEADER_LIMIT) throw new BrokenFrame('a frame does not begin where it should')
        this.#head = end < 0 ? head : NO_BYTES
        if (end < 0) return
        rest = rest.subarray(end + 1)
        this.#header = headerOf(head.toString('latin1'))
        this.#left = this.#header.length
        if (this.#header.data) yield { kind: 'begin', ...this.#header.data.frame }
      }
      const { fields, data } = this.#header
      const part = rest.subarray(0, this.#left)
      rest = rest.subarray(part.length)
      this.#left -= part.length
      if (part.length > 0) {
        if (data) {
          data.hash.update(part)
          yield { kind: 'bytes', bytes: part }
        } else this.#words.push(Buffer.from(part))
      }
      if (this.#left > 0) return
      this.#header = undefined
      if (data) {
        if (data.hash.digest('hex') !== fields[5])
          throw new BrokenFrame('the bytes of a frame are not those that were sent')
        yield { kind: 'data', ...data.frame }
      } else {
        yield frameOf(fields, Buffer.concat(this.#words).toString('latin1'))
        this.#words = []
      }
      if (rest.length === 0) return
    }
  }
}

function headerOf(line: string): Header {
  const fields = line.split(' ')
  if (fields[0] !== 'HS1') throw new BrokenFrame('a frame does not begin where it should')
  const places: Readonly<Record<string, number>> = { D: 4, S: 3, F: 4 }
  const place = places[fields[1] ?? '']
  const length = place === undefined ? 0 : Number(fields[place])
  if (!Number.isInteger(length) || length < 0 || length > LENGTH_LIMIT)
    throw new BrokenFrame('a frame has no sensible length')
  if (fields[1] !== 'D') return { fields, length }
  const frame = { segment: numberIn(fields, 2), offset: numberIn(fields, 3), length, last: fields[6] === '1' }
  return { fields, length, data: { frame, hash: createHash('sha256') } }
}

function numberIn(fields: readonly string[], place: number): number {
  const value = Number(fields[place])
  if (!Number.isSafeInteger(value) || value < 0) throw new BrokenFrame('a frame holds no number where one should be')
  return value
}

function frameOf(fields: readonly string[], words: string): PullFrame {
  const number = (place: number) => numberIn(fields, place)
  switch (fields[1]) {
    case 'E':
      return { kind: 'segment-end', segment: number(2), size: number(3), sha256: fields[4] ?? '' }
    case 'G':
      return { kind: 'gap', segment: number(2), lostBytes: number(3) }
    case 'L':
      return { kind: 'left', bytes: number(2) }
    case 'S':
      return { kind: 'idle', words }
    case 'W':
      return { kind: 'clock', time: timeOf(fields[2] ?? '') }
    case 'F':
      return {
        kind: 'end',
        exitCode: number(2),
        segments: number(3),
        words,
        why: fields[5] ?? 'end',
      }
    default:
      throw new BrokenFrame(fields.slice(2).join(' ') || 'a frame of an unknown kind')
  }
}

/** Seconds, micro- or nanoseconds since 1970, whatever the pod's programs can say; told by the number of digits. */
function timeOf(digits: string): number {
  const value = Number(digits)
  if (!/^\d{10,19}$/.test(digits)) throw new BrokenFrame('a frame holds no time where one should be')
  return value * 10 ** (13 - digits.length)
}

export interface CaptureCounts {
  readonly captured?: number
  /** Received by the filter. */
  readonly received?: number
  /** Dropped by the kernel because tcpdump was too slow. */
  readonly dropped?: number
  /** Dropped by the interface. */
  readonly interfaceDropped?: number
}

/** tcpdump's counts, from the last of its words. */
export function countsIn(words: string): CaptureCounts {
  const last = (pattern: RegExp) => {
    const found = [...words.matchAll(pattern)].at(-1)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const captured = last(/(\d+) packets? captured/g)
  const received = last(/(\d+) packets? received by filter/g)
  const dropped = last(/(\d+) packets? dropped by kernel/g)
  const interfaceDropped = last(/(\d+) packets? dropped by interface/g)
  return {
    ...(captured === undefined ? {} : { captured }),
    ...(received === undefined ? {} : { received }),
    ...(dropped === undefined ? {} : { dropped }),
    ...(interfaceDropped === undefined ? {} : { interfaceDropped }),
  }
}
