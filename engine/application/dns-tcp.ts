import { readDnsMessage } from './dns-message.ts'
import { DnsQueries } from './dns-queries.ts'
import { DNS_PORT } from './recognition.ts'
import type { FirstBytes } from './protocols.ts'
import type { ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'

/** Bytes of a message that are kept: the header and the question. */
const KEPT = 512
const LENGTH_BYTES = 2

export function recogniseDns({ bytes, from, to, side, serverPort }: FirstBytes): Side | undefined {
  if (serverPort !== DNS_PORT) return undefined
  const message = readDnsMessage(bytes, from + LENGTH_BYTES, to)
  if (message?.question === undefined) return undefined
  return side ?? (message.isResponse ? 'server' : 'client')
}

/** DNS over TCP (RFC 7766): messages behind their lengths, answered in any order. */
export class DnsTcpDecoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #queries = new DnsQueries()
  readonly #messages = { client: new Framing(), server: new Framing() }

  constructor(sink: ExchangeSink) {
    this.#sink = sink
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    const framing = this.#messages[side]
    // Who writes a message writes it at once, so the next one mostly begins with a segment.
    if (framing.isLost && readDnsMessage(bytes, from + LENGTH_BYTES, to)?.question) framing.restart()
    for (let at = from; at < to;) {
      at = framing.take(bytes, at, to)
      if (framing.isComplete) this.#message(framing.message, row, time)
    }
  }

  gap(side: Side, length: number): void {
    this.#messages[side].skip(length)
  }

  end(): void {
    // Queries that are open stay unanswered.
  }

  #message(bytes: Uint8Array, row: number, time: number): void {
    const message = readDnsMessage(bytes, 0, bytes.length)
    if (!message) return
    if (message.isResponse) this.#queries.response(this.#sink, 0, message, row, time)
    else this.#queries.query(this.#sink, 0, message, row, time)
  }
}

/** One direction: two bytes of length, then so many of a message. */
class Framing {
  readonly #kept = new Uint8Array(LENGTH_BYTES + KEPT)
  /** Bytes of the length and the message so far; a lost one is never complete. */
  #at = 0
  #lost = false

  get isLost(): boolean {
    return this.#lost
  }

  restart(): void {
    this.#lost = false
    this.#at = 0
  }

  get #length(): number {
    return LENGTH_BYTES + ((this.#kept[0] << 8) | this.#kept[1])
  }
  get isComplete(): boolean {
    return this.#at >= LENGTH_BYTES && this.#at === this.#length
  }
  get message(): Uint8Array {
    return this.#kept.subarray(LENGTH_BYTES, Math.min(this.#length, this.#kept.length))
  }

  /** Takes bytes up to the message's end at most; where it stopped. */
  take(bytes: Uint8Array, from: number, to: number): number {
    if (this.#lost) return to
    if (this.isComplete) this.#at = 0
    const want = this.#at < LENGTH_BYTES ? LENGTH_BYTES - this.#at : this.#length - this.#at
    const end = Math.min(to, from + want)
    if (this.#at < this.#kept.length) {
      this.#kept.set(bytes.subarray(from, Math.min(end, from + this.#kept.length - this.#at)), this.#at)
    }
    this.#at += end - from
    return end
  }

  /** Only a hole within what is not kept leaves the lengths in step. */
  skip(length: number): void {
    // Before its start: it was recognised, so a message begins here.
    if (Number.isNaN(length) && (this.#at === 0 || this.isComplete)) return
    const inside = this.#at >= this.#kept.length && this.#at + length <= this.#length
    if (inside) this.#at += length
    else this.#lost = true
  }
}
