import type { CaptureWriter, OutgoingPacket } from './capture-writer.ts'
import { httpTalk, type HttpTalk } from './http-messages.ts'

// Traffic as a node of a busy cluster sees it: requests and answers over TCP, some large, a few connections with losses before or
// after the capture point, resets, closed windows, keep-alives; beside them a little UDP. Ports and contents are such that no
// analyser finds an application protocol in them: the comparison is about TCP. But for HTTP, if that is wanted.

export interface TrafficOptions {
  readonly seed: number
  /** Ends new connections once this many packets are written... */
  readonly packets: number
  /** ...or this many connections were opened. */
  readonly connections: number
  /** Open at the same time. */
  readonly concurrent: number
  /** Requests on a connection, at most. */
  readonly requests: number
  /** Median bytes of an answer. */
  readonly answerBytes: number
  /** Requests and answers are HTTP's. */
  readonly http?: boolean
}

const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16
const MSS = 1448
/** What bodies are made of. */
const CONTENT = Buffer.alloc(1 << 20, '{"name": "a thing", "price": 1234, "left": 5},\n')

/** Seeded random numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** One connection, or one pair of datagrams: a generator of its packets in time order. `packet` is the next one. */
class Conversation {
  readonly packet: OutgoingPacket
  readonly #next: () => number
  readonly #steps: Iterator<void>
  readonly #options: TrafficOptions
  readonly #client: number
  readonly #server: number
  readonly #clientPort: number
  readonly #serverPort: number
  readonly #rtt: number
  readonly #loss: number
  readonly #http: HttpTalk | undefined
  #time: number
  // By sender: 0 = client, 1 = server.
  readonly #seq: [number, number]
  /** What is being said, and the sequence number of its first byte. */
  readonly #content: [Buffer | undefined, Buffer | undefined] = [undefined, undefined]
  readonly #contentSeq: [number, number] = [0, 0]
  readonly #window: [number, number] = [502, 509]

  constructor(options: TrafficOptions, next: () => number, number: number, time: number) {
    this.#options = options
    this.#next = next
    this.#time = time
    this.#client = 0x0af4_0100 + (number % 61)
    this.#server = 0x0af4_0200 + Math.floor(next() * 40)
    // Every port once before any comes again, as kernels do.
    this.#clientPort = 32_768 + (Math.floor(number / 61) % 28_000)
    this.#serverPort = 30_011 + Math.floor(next() * 6)
    this.#rtt = 250_000 * Math.exp(2.2 * next() * next() * 2)
    const luck = next()
    this.#loss = luck < 0.7 ? 0 : luck < 0.92 ? 0.004 : 0.03
    this.#seq = [Math.floor(next() * 0xffff_ffff), Math.floor(next() * 0xffff_ffff)]
    this.packet = {
      time,
      ipv6: number % 10 === 9,
      udp: options.http !== true && number % 12 === 11,
      source: 0,
      destination: 0,
      sourcePort: 0,
      destinationPort: 0,
      seq: 0,
      ack: 0,
      flags: 0,
      window: 0,
      length: 0,
      handshake: false,
      timestamps: number % 8 !== 7,
      sackLeft: 0,
      sackRight: 0,
      contentAt: 0,
    }
    this.#http = options.http === true ? httpTalk(number, next, CONTENT) : undefined
    this.#steps = this.packet.udp ? this.#datagrams() : this.#connection()
  }

  /** Makes `packet` the next one; false when there is none. */
  advance(): boolean {
    return this.#steps.next().done !== true
  }

  #send(from: 0 | 1, time: number, flags: number, length: number, seq = this.#seq[from]): void {
    const { packet } = this
    packet.time = time
    packet.source = from === 0 ? this.#client : this.#server
    packet.destination = from === 0 ? this.#server : this.#client
    packet.sourcePort = from === 0 ? this.#clientPort : this.#serverPort
    packet.destinationPort = from === 0 ? this.#serverPort : this.#clientPort
    packet.seq = seq >>> 0
    packet.ack = flags & ACK ? this.#seq[1 - from] >>> 0 : 0
    packet.flags = flags
    packet.window = flags & RST ? 0 : this.#window[from]
    packet.length = length
    packet.handshake = (flags & SYN) !== 0
    packet.sackLeft = 0
    packet.sackRight = 0
    packet.content = this.#content[from]
    packet.contentAt = (seq - this.#contentSeq[from]) >>> 0
  }

  /** From now on the side says this; how many bytes it is. */
  #say(from: 0 | 1, message: Buffer): number {
    this.#content[from] = message
    this.#contentSeq[from] = this.#seq[from]
    return message.length
  }

  *#datagrams(): Generator<void> {
    this.#send(0, this.#time, 0, 30 + Math.floor(this.#next() * 60))
    yield
    this.#send(1, this.#time + this.#rtt, 0, 60 + Math.floor(this.#next() * 200))
    yield
  }

  *#connection(): Generator<void> {
    const next = this.#next
    const { requests, answerBytes } = this.#options
    this.#send(0, this.#time, SYN, 0)
    yield
    if (next() < this.#loss) {
      this.#time += 1_010_000_000
      this.#send(0, this.#time, SYN, 0)
      yield
    }
    this.#time += this.#rtt / 2
    this.#seq[0] = (this.#seq[0] + 1) >>> 0
    this.#send(1, this.#time, SYN | ACK, 0)
    yield
    this.#time += this.#rtt / 2
    this.#seq[1] = (this.#seq[1] + 1) >>> 0
    this.#send(0, this.#time, ACK, 0)
    yield
    const turns = 1 + Math.floor(next() * requests)
    for (let turn = 0; turn < turns; turn++) {
      const request = this.#http ? this.#say(0, this.#http.request()) : 80 + Math.floor(next() * 600)
      this.#time += 20_000
      this.#send(0, this.#time, ACK | PSH, request)
      yield
      this.#seq[0] = (this.#seq[0] + request) >>> 0
      this.#time += this.#rtt / 2 + 300_000 * Math.exp(3 * next())
      const bytes = Math.ceil(answerBytes * Math.exp(1.3 * (next() + next() + next() + next() - 2) * 1.7))
      yield* this.#answer(this.#http ? this.#say(1, this.#http.answer(bytes)) : bytes)
      if (next() < 0.01) yield* this.#keepAlive()
      this.#time += 1_000_000 + next() * 40_000_000
    }
    if (next() < 0.03) {
      this.#send(1, this.#time, RST, 0)
      yield
      return
    }
    this.#send(0, this.#time, FIN | ACK, 0)
    yield
    this.#seq[0] = (this.#seq[0] + 1) >>> 0
    this.#time += this.#rtt / 2
    this.#send(1, this.#time, FIN | ACK, 0)
    yield
    this.#seq[1] = (this.#seq[1] + 1) >>> 0
    this.#time += this.#rtt / 2
    this.#send(0, this.#time, ACK, 0)
    yield
  }

  /** `bytes` from the server, a window's worth a round trip; lost segments are asked for and sent again. */
  *#answer(bytes: number): Generator<void> {
    const next = this.#next
    let congestionWindow = 10
    for (let left = bytes; left > 0;) {
      const segments = Math.min(congestionWindow, Math.ceil(left / MSS))
      // This round's hole: which segment is lost, and whether the capture point has seen it. 0 = none.
      const lostAt = next() < this.#loss * segments ? 1 + Math.floor(next() * segments) : 0
      const seen = next() < 0.5
      const base = this.#seq[1]
      let hole = -1
      let holeLength = 0
      let sent = 0
      let duplicates = 0
      const began = this.#time
      for (let n = 1; n <= segments; n++) {
        const length = Math.min(MSS, left - sent)
        const last = sent + length === left
        if (n === lostAt) {
          hole = sent
          holeLength = length
        }
        if (n !== lostAt || seen) {
          this.#send(1, this.#time, last ? ACK | PSH : ACK, length, base + sent)
          yield
        }
        sent += length
        this.#time += 6000 + next() * 20_000
        if (hole < 0) {
          if (n % 2 === 0 || n === segments) {
            this.#seq[1] = (base + sent) >>> 0
            this.#send(0, this.#time, ACK, 0)
            yield
          }
        } else if (n !== lostAt) {
          this.#seq[1] = (base + hole) >>> 0
          this.#send(0, this.#time, ACK, 0)
          this.packet.sackLeft = (base + hole + holeLength) >>> 0
          this.packet.sackRight = (base + sent) >>> 0
          duplicates++
          yield
        }
      }
      if (hole >= 0) {
        // Fast retransmission with three duplicate ACKs, else the timer's.
        this.#time = duplicates >= 3 ? Math.max(this.#time, began + this.#rtt) : this.#time + 204_000_000
        this.#send(1, this.#time, ACK, holeLength, base + hole)
        yield
        this.#time += this.#rtt / 2
        this.#seq[1] = (base + sent) >>> 0
        this.#send(0, this.#time, ACK, 0)
        yield
        congestionWindow = Math.max(4, congestionWindow >>> 1)
      } else {
        congestionWindow = Math.min(64, congestionWindow * 2)
      }
      left -= sent
      this.#time = Math.max(this.#time + 5000, began + this.#rtt)
      if (next() < 0.002) yield* this.#closedWindow()
    }
  }

  *#closedWindow(): Generator<void> {
    this.#window[0] = 0
    this.#send(0, this.#time, ACK, 0)
    yield
    this.#time += 210_000_000
    this.#send(1, this.#time, ACK, 0, this.#seq[1] - 1)
    yield
    this.#time += this.#rtt
    this.#send(0, this.#time, ACK, 0)
    yield
    this.#window[0] = 502
    this.#time += 40_000_000
    this.#send(0, this.#time, ACK, 0)
    yield
    this.#time += this.#rtt
  }

  *#keepAlive(): Generator<void> {
    this.#time += 15_000_000_000
    this.#send(0, this.#time, ACK, 0, this.#seq[0] - 1)
    yield
    this.#time += this.#rtt
    this.#send(1, this.#time, ACK, 0)
    yield
  }
}

/** Writes the traffic; the number of connections. */
export function writeTraffic(writer: CaptureWriter, options: TrafficOptions): number {
  const next = random(options.seed)
  const heap: Conversation[] = []
  let opened = 0
  const open = (time: number) => {
    const conversation = new Conversation(options, next, opened++, time)
    if (conversation.advance()) push(heap, conversation)
  }
  while (heap.length < options.concurrent) open(next() * 300_000_000)
  for (;;) {
    const conversation = heap.at(0)
    if (conversation === undefined) return opened
    writer.write(conversation.packet)
    const { time } = conversation.packet
    if (conversation.advance()) {
      sink(heap)
    } else {
      const last = heap.pop()
      if (last !== undefined && last !== conversation) {
        heap[0] = last
        sink(heap)
      }
      if (writer.packets < options.packets && opened < options.connections) open(time + next() * 2_000_000)
    }
  }
}

// A binary heap by the time of the next packet.
function push(heap: Conversation[], conversation: Conversation): void {
  let at = heap.length
  heap.push(conversation)
  while (at > 0) {
    const parent = (at - 1) >>> 1
    if (heap[parent].packet.time <= conversation.packet.time) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = conversation
}

function sink(heap: Conversation[]): void {
  const moved = heap[0]
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1].packet.time < heap[child].packet.time) child++
    if (heap[child].packet.time >= moved.packet.time) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = moved
}
