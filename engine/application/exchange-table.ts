import { grown } from '../columns/grown.ts'
import type { ExchangeId, FramedProtocol } from './stream-decoder.ts'
import { TextTable } from './text-table.ts'

/** Bits of an exchange. */
export const EXCHANGE = {
  /** The answer is an error in the protocol's words. */
  failed: 1,
  /** It gets no answer by the protocol's rules. */
  oneWay: 2,
  /** Guessed from who spoke when: nothing of the protocol is known. */
  approximate: 4,
  /** Its answer may be among the bytes that were not captured: neither answered nor unanswered. */
  unknown: 8,
} as const

/** Exchanges kept: 30 bytes each. What comes later is counted. */
const MOST_EXCHANGES = 4_194_304
/** Conversations with facts, and facts of each. */
const MOST_FACTS = 262_144
const MOST_FACTS_EACH = 16
/** What `begin` answers when the table is full: writing to it changes nothing. */
const NOWHERE = -1

/** A fact of a conversation that its bytes told. */
export interface ConversationFact {
  readonly name: string
  readonly value: string
  readonly row: number
}

/**
 * Requests with what answered them, in the order of their beginnings. Struct of arrays, grown by doubling; the exchange's number is its
 * index. Where and when they are rows: the time is the row's.
 */
export class ExchangeTable {
  readonly texts = new TextTable()
  #count = 0
  #omitted = 0
  /** Changes whenever anything does, for those who keep what they made of it. */
  version = 0
  conversation = new Uint32Array(64)
  /** Number in `protocolNames`. */
  protocol = new Uint8Array(64)
  /** See EXCHANGE. */
  flags = new Uint8Array(64)
  requestRow = new Uint32Array(64)
  requestEndRow = new Uint32Array(64)
  /** 1 + row; 0 = there was no response. */
  responseRow = new Uint32Array(64)
  responseEndRow = new Uint32Array(64)
  /** Numbers of `texts`. */
  asks = new Uint32Array(64)
  answers = new Uint32Array(64)
  readonly protocolNames: string[] = []
  readonly #watchedUntil = new Map<number, number>()
  /** By conversation: the rows from which it carries them. */
  readonly #carried = new Map<number, { readonly http2: number; grpc: number }>()
  readonly #facts = new Map<number, ConversationFact[]>()

  get count(): number {
    return this.#count
  }
  /** Exchanges there was no room for. */
  get omitted(): number {
    return this.#omitted
  }

  /** The number of a protocol's name. */
  protocolNumber(name: string): number {
    const known = this.protocolNames.indexOf(name)
    return known >= 0 ? known : this.protocolNames.push(name) - 1
  }

  ask(id: ExchangeId): string {
    return this.texts.text(this.asks[id])
  }

  answer(id: ExchangeId): string {
    return this.texts.text(this.answers[id])
  }

  facts(conversation: number): readonly ConversationFact[] {
    return this.#facts.get(conversation) ?? []
  }

  /** Appends an exchange whose request begins in the packet at `row`. */
  begin(conversation: number, protocol: number, row: number, flags = 0): ExchangeId {
    if (this.#count >= MOST_EXCHANGES) {
      this.#omitted++
      return NOWHERE
    }
    const id = this.#count++
    if (id === this.conversation.length) this.#grow()
    this.conversation[id] = conversation
    this.protocol[id] = protocol
    this.flags[id] = flags
    this.requestRow[id] = row
    this.requestEndRow[id] = row
    this.version++
    return id
  }

  // Writing to NOWHERE, an index that no typed array has, does nothing.

  // What waited for bytes before it was captured before them: an end is never taken back.

  requestEnd(id: ExchangeId, row: number): void {
    if (row > this.requestEndRow[id]) this.requestEndRow[id] = row
    this.version++
  }

  responseBegin(id: ExchangeId, row: number): void {
    this.responseRow[id] = row + 1
    this.responseEndRow[id] = row + 1
    this.version++
  }

  responseEnd(id: ExchangeId, row: number): void {
    if (row >= this.responseEndRow[id]) this.responseEndRow[id] = row + 1
    this.version++
  }

  setAsk(id: ExchangeId, text: string): void {
    this.asks[id] = this.texts.intern(text)
    this.version++
  }

  setAnswer(id: ExchangeId, text: string, failed: boolean): void {
    this.answers[id] = this.texts.intern(text)
    if (failed) this.flags[id] |= EXCHANGE.failed
    this.version++
  }

  setProtocol(id: ExchangeId, protocol: number): void {
    this.protocol[id] = protocol
    this.version++
  }

  flag(id: ExchangeId, flag: number): void {
    this.flags[id] |= flag
    this.version++
  }

  /** The conversation is followed no further: whether its open requests were answered after `row` is not known. */
  stopWatching(conversation: number, row: number): void {
    this.#watchedUntil.set(conversation, row)
    this.version++
  }

  /** The row from which on nobody looked for answers in the conversation; undefined if somebody did to the end. */
  watchedUntil(conversation: number): number | undefined {
    return this.#watchedUntil.get(conversation)
  }

  /** The conversation carries frames of HTTP/2, or messages of gRPC in them, from the row on; the first time it is told counts. */
  carries(conversation: number, protocol: FramedProtocol, row: number): void {
    const known = this.#carried.get(conversation)
    if (known) {
      if (protocol === 'grpc') known.grpc = Math.min(known.grpc, row)
    } else if (this.#carried.size < MOST_FACTS) {
      this.#carried.set(conversation, { http2: row, grpc: protocol === 'grpc' ? row : Infinity })
    }
  }

  /** What the packet at `row` of the conversation can be read as, by what was seen up to it. */
  carried(conversation: number, row: number): FramedProtocol | undefined {
    const known = this.#carried.get(conversation)
    if (!known || row < known.http2) return undefined
    return row < known.grpc ? 'http2' : 'grpc'
  }

  /** Notes a fact of a conversation, each name and value once. */
  fact(conversation: number, name: string, value: string, row: number): void {
    let facts = this.#facts.get(conversation)
    if (!facts) {
      if (this.#facts.size >= MOST_FACTS) return
      this.#facts.set(conversation, (facts = []))
    }
    const kept = this.texts.text(this.texts.intern(value))
    if (facts.length >= MOST_FACTS_EACH || facts.some((fact) => fact.name === name && fact.value === kept)) return
    facts.push({ name, value: kept, row })
    this.version++
  }

  #grow(): void {
    this.conversation = grown(this.conversation)
    this.protocol = grown(this.protocol)
    this.flags = grown(this.flags)
    this.requestRow = grown(this.requestRow)
    this.requestEndRow = grown(this.requestEndRow)
    this.responseRow = grown(this.responseRow)
    this.responseEndRow = grown(this.responseEndRow)
    this.asks = grown(this.asks)
    this.answers = grown(this.answers)
  }
}
