import { APPLICATION_PROTOCOLS } from '../../engine/application/protocols.ts'
import type { ExchangeSink, Side, StreamDecoder } from '../../engine/application/stream-decoder.ts'
import { Engine } from '../../engine/engine.ts'
import { smallFiles } from './corpus.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

// Decoders of application protocols, fed what no client or server would say, in pieces of any size and with holes.

const encoder = new TextEncoder()

/** Beginnings that decoders take for theirs, and some that lead them on. */
const SEEDS: readonly Uint8Array[] = [
  ...[
    'GET /a?b HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0',
    '*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n+OK\r\n:1\r\n$-1\r\n*-1\r\n-ERR no\r\n',
  ].map((text) => encoder.encode(text)),
  Uint8Array.from([
    ...[22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0x13, 1, 1, 0],
    ...[0, 13, 0, 0, 0, 9, 0, 7, 0, 0, 4, 0x73, 0x68, 0x6f, 0x70, 21, 3, 3, 0, 2, 2, 40],
  ]),
  Uint8Array.from([0, 22, 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0x73, 0x68, 0x6f, 0x70, 0, 0, 1, 0, 1]),
  Uint8Array.from([
    0, 0, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0x51, 0, 0, 0, 13, 0x53, 0x45, 0x4c, 0x45, 0x43, 0x54, 0x20, 0x31, 0,
  ]),
  Uint8Array.from([
    10, 0, 0, 0, 10, 0x38, 0x2e, 0x30, 0, 1, 0, 0, 0, 9, 0, 0, 0, 3, 0x53, 0x45, 0x4c, 0x45, 0x43, 0x54,
  ]),
]

export interface ApplicationCase {
  readonly protocol: number
  readonly client: Uint8Array
  readonly server: Uint8Array
}

export function applicationCase(random: Random): ApplicationCase {
  const stream = (): Uint8Array => {
    const parts = Array.from({ length: 1 + random.below(4) }, () => random.pick(SEEDS))
    const bytes = Uint8Array.from(parts.flatMap((part) => [...part]))
    return random.once(8) ? bytes : mutate(random, bytes, random.pick(SEEDS))
  }
  return { protocol: random.below(APPLICATION_PROTOCOLS.length), client: stream(), server: stream() }
}

/** Throws when a decoder throws, reads beyond what it was given, or tells what can't be. */
export function checkApplication({ protocol, client, server }: ApplicationCase, random: Random): void {
  const { recognise, decoder } = APPLICATION_PROTOCOLS[protocol]
  recognise({ bytes: client, from: 0, to: client.length, side: undefined, serverPort: random.below(65_536) })
  const sink = new CheckingSink()
  const subject = decoder(sink)
  const streams: Record<Side, { bytes: Uint8Array; at: number }> = {
    client: { bytes: client, at: 0 },
    server: { bytes: server, at: 0 },
  }
  for (let row = 0; subject.done !== true; row++) {
    const side: Side = random.once(2) ? 'client' : 'server'
    const stream = streams[side]
    sink.row = row
    if (streams.client.at >= client.length && streams.server.at >= server.length) break
    stream.at = feed(subject, side, stream.bytes, stream.at, row, random)
  }
  if (subject.done !== true) subject.end(random.once(2), sink.row, sink.row)
}

/** A piece of the stream, or a hole in it. */
function feed(subject: StreamDecoder, side: Side, bytes: Uint8Array, at: number, row: number, random: Random): number {
  const end = Math.min(bytes.length, at + 1 + random.below(random.once(3) ? 4 : 200))
  if (random.once(12)) subject.gap(side, random.once(3) ? NaN : Math.max(1, end - at), row, row)
  else if (end > at) {
    // In a larger array: what lies around it belongs to other packets.
    const around = new Uint8Array(end - at + 16).fill(0xaa)
    around.set(bytes.subarray(at, end), 8)
    subject.data(side, around, 8, 8 + end - at, row, row)
    around.fill(0x55)
  }
  return end
}

/** Throws when something is told that can't be. */
export class CheckingSink implements ExchangeSink {
  row = 0
  #count = 0

  begin(row: number): number {
    this.#known(row)
    return this.#count++
  }
  requestEnd(id: number, row: number): void {
    this.#about(id, row)
  }
  responseBegin(id: number, row: number): void {
    this.#about(id, row)
  }
  responseEnd(id: number, row: number): void {
    this.#about(id, row)
  }
  ask(id: number, text: string): void {
    this.#about(id, this.row)
    printable(text)
  }
  answer(id: number, text: string): void {
    this.#about(id, this.row)
    printable(text)
  }
  oneWay(id: number): void {
    this.#about(id, this.row)
  }
  cannotTell(id: number): void {
    this.#about(id, this.row)
  }
  protocol(id: number): void {
    this.#about(id, this.row)
  }
  carries(_protocol: string, row: number): void {
    this.#known(row)
  }
  fact(_name: string, value: string, row: number): void {
    this.#known(row)
    printable(value)
  }

  #about(id: number, row: number): void {
    if (id < 0 || id >= this.#count) throw new Error(`there is no exchange ${id}`)
    this.#known(row)
  }

  #known(row: number): void {
    if (row < 0 || row > this.row) throw new Error(`row ${row} is still to come`)
  }
}

function printable(text: string): void {
  if (/\p{Cc}/u.test(text)) throw new Error(`${JSON.stringify(text)} could steer a terminal`)
}

/** Captures whose payload is damaged here and there, so that what recognises, reassembles and times exchanges is run as a whole. */
export function damagedPayload(random: Random): Uint8Array {
  const file = Uint8Array.from(random.pick((files ??= smallFiles())))
  for (let n = random.below(40); n > 0; n--) file[random.below(file.length)] = random.below(256)
  return file
}

let files: readonly Uint8Array[] | undefined

export function checkExchanges(file: Uint8Array): void {
  const engine = new Engine()
  engine.push(file)
  engine.finish()
  for (const { totalNs, networkNs = 0, serverNs = 0, transferNs = 0, stallNs = 0 } of engine.exchangeRows(
    engine.exchangeOrder('totalNs', true),
  )) {
    if (!(Math.min(totalNs, networkNs, serverNs, transferNs, stallNs) >= 0)) throw new Error('a time is negative')
  }
  const { firstTime, lastTime } = engine.facts()
  // Beyond 104 days a nanosecond more is the same number.
  if (lastTime >= Number.MAX_SAFE_INTEGER || firstTime <= Number.MIN_SAFE_INTEGER) return
  for (const { measure, count } of engine.latencySummaries()) {
    const { samples } = engine.latencyMap(measure, firstTime, lastTime + 1, 10)
    const all = samples.reduce((sum, n) => sum + n, 0)
    if (all !== count) throw new Error(`${count} samples of ${measure}, ${all} in the map`)
  }
}
