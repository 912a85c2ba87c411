import { createHash, type Hash } from 'node:crypto'

// The frames that the pod sends while its capture is fetched; see PULL in pod-scripts.ts.

export type PullFrame =
  | {
      readonly kind: 'data'
      readonly segment: number
      readonly offset: number
      readonly bytes: Buffer
      /** The segment ends with these bytes. */
      readonly last: boolean
    }
  | { readonly kind: 'segment-end'; readonly segment: number; readonly size: number; readonly sha256: string }
  | { readonly kind: 'gap'; readonly segment: number; readonly lostBytes: number }
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

/** What came is not what was sent: bytes are missing, or are others. The stream is of no use any more; what was taken before is good. */
export class BrokenFrame extends Error {}

const HEADER_LIMIT = 256
const LENGTH_LIMIT = 64 << 20

interface Header {
  readonly fields: readonly string[]
  readonly length: number
  /** Of the bytes, as they come: then they are still in the processor's cache. */
  readonly hash: Hash | undefined
}

/**
 * Cuts the stream into frames and checks each: only whole ones whose digest fits come out. Their bytes lie in two buffers that are used in
 * turn: those of a frame are to be used up before the next but one is asked for. (A new buffer for each segment costs more in garbage
 * collection than all the rest.)
 */
export class PullFrames {
  #head: Buffer = Buffer.alloc(0)
  #header: Header | undefined
  #body: Buffer = Buffer.alloc(0)
  #other: Buffer = Buffer.alloc(0)
  #filled = 0;

  /** The frames that these bytes complete. Throws BrokenFrame. */
  *push(bytes: Uint8Array): Generator<PullFrame, undefined> {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (;;) {
      if (!this.#header) {
        const end = rest.indexOf(10)
        const head = Buffer.concat([this.#head, end < 0 ? rest : rest.subarray(0, end)])
        if (head.length > HEADER_LIMIT) throw new BrokenFrame('a frame does not begin where it should')
        if (end < 0) {
          this.#head = head
          return
        }
        this.#head = Buffer.alloc(0)
        rest = rest.subarray(end + 1)
        this.#header = headerOf(head.toString('latin1'))
        this.#filled = 0
        if (this.#header.length > this.#body.length) this.#body = Buffer.allocUnsafe(this.#header.length)
      }
      const { fields, length, hash } = this.#header
      const part = rest.subarray(0, length - this.#filled)
      hash?.update(part)
      part.copy(this.#body, this.#filled)
      this.#filled += part.length
      rest = rest.subarray(part.length)
      if (this.#filled < length) return
      this.#header = undefined
      const body = this.#body.subarray(0, length)
      if (length > 0) [this.#body, this.#other] = [this.#other, this.#body]
      yield frameOf(fields, body, hash?.digest('hex'))
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
  return { fields, length, hash: fields[1] === 'D' ? createHash('sha256') : undefined }
}

function frameOf(fields: readonly string[], body: Buffer, digest: string | undefined): PullFrame {
  const number = (place: number) => {
    const value = Number(fields[place])
    if (!Number.isSafeInteger(value) || value < 0) throw new BrokenFrame('a frame holds no number where one should be')
    return value
  }
  switch (fields[1]) {
    case 'D': {
      if (digest !== fields[5]) throw new BrokenFrame('the bytes of a frame are not those that were sent')
      return { kind: 'data', segment: number(2), offset: number(3), bytes: body, last: fields[6] === '1' }
    }
    case 'E':
      return { kind: 'segment-end', segment: number(2), size: number(3), sha256: fields[4] ?? '' }
    case 'G':
      return { kind: 'gap', segment: number(2), lostBytes: number(3) }
    case 'S':
      return { kind: 'idle', words: body.toString('latin1') }
    case 'W':
      return { kind: 'clock', time: timeOf(fields[2] ?? '') }
    case 'F':
      return {
        kind: 'end',
        exitCode: number(2),
        segments: number(3),
        words: body.toString('latin1'),
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
