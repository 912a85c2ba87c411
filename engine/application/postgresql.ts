import { asciiText } from './ascii.ts'
import { carriedSink } from './carried-sink.ts'
import { type MessageFormat, MessageReader } from './message-reader.ts'
import { FIELD, isStartup, REQUEST, STARTUP } from './postgresql-messages.ts'
import { SQL_KEPT, sqlSummary } from './sql-summary.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'
import { TlsDecoder } from './tls.ts'

const MOST_OPEN = 4096
const MOST_STATEMENTS = 1024
/** Statements of one cycle that are named in what was asked. */
const MOST_NAMED = 3
/** Type and length. */
const HEADER = 5
const LONGEST_MESSAGE = 2 ** 30

interface OpenCycle {
  readonly id: ExchangeId
  readonly asks: string[]
  responding: boolean
  answered: boolean
}

/**
 * PostgreSQL's protocol 3 (its manual, chapter "Frontend/Backend Protocol"): an exchange is what is asked up to a Query or a Sync, and
 * all that answers it up to ReadyForQuery. Neither literals of statements nor parameters nor rows nor what authenticates is kept.
 */
export class PostgresqlDecoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #client: MessageReader
  readonly #server: MessageReader
  readonly #open: OpenCycle[] = []
  /** The cycle whose Sync is still to come. */
  #asking: OpenCycle | undefined
  /** What prepared statements were about, by name. */
  readonly #statements = new Map<string, string>()
  #row = 0
  #time = 0
  #starting = true
  /** SSLRequest and GSSENCRequest are answered by one byte. */
  #encryption: 'TLS' | 'GSSAPI' | undefined
  #lost = false
  #lastSide: Side = 'server'
  /** What is spoken once both agree on TLS; PostgreSQL itself goes on within it, out of sight. */
  #tls: TlsDecoder | undefined
  #over = false

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#client = new MessageReader(this.#requests(), 4)
    this.#server = new MessageReader(this.#responses(), HEADER)
  }

  get done(): boolean {
    return this.#over || this.#tls?.done === true
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    if (this.#tls) {
      this.#tls.data(side, bytes, from, to, row, time)
      return
    }
    this.#row = row
    this.#time = time
    const turned = side === 'client' && this.#lastSide === 'server'
    this.#lastSide = side
    if (this.#lost) {
      if (!turned || !this.#resume(bytes, from, to)) return
    }
    if (side === 'client') this.#client.data(bytes, from, to)
    else this.#server.data(bytes, from, to)
  }

  gap(side: Side, length: number, row: number, time: number): void {
    if (this.#tls) {
      this.#tls.gap(side, length)
      return
    }
    this.#row = row
    this.#time = time
    const reader = side === 'client' ? this.#client : this.#server
    if (reader.gap(length)) return
    this.#lose()
    this.#lastSide = 'server'
  }

  end(): void {
    this.#over = true
  }

  #lose(): void {
    if (this.#lost) return
    this.#lost = true
    for (const { id } of this.#open) this.#sink.cannotTell(id)
    this.#open.length = 0
    this.#asking = undefined
    this.#client.lose()
    this.#server.lose()
  }

  /** A client that asks after the server spoke asks for the first of what comes then. */
  #resume(bytes: Uint8Array, from: number, to: number): boolean {
    const startup = isStartup(bytes, from, to)
    if (!startup && !isRequest(bytes, from, to)) return false
    this.#lost = false
    this.#starting = startup
    this.#client.headerLength = startup ? 4 : HEADER
    this.#client.begin()
    this.#server.headerLength = HEADER
    this.#server.begin()
    return true
  }

  #requests(): MessageFormat {
    return {
      bodyLength: (header) => {
        if (!this.#starting && !REQUEST.all.includes(header[0])) return -1
        const length = lengthAt(header, this.#starting ? 0 : 1) - 4
        return length > (this.#starting ? STARTUP.longest : LONGEST_MESSAGE) ? -1 : length
      },
      kept: (header) => {
        if (this.#starting) return STARTUP.longest
        return header[0] === REQUEST.query || header[0] === REQUEST.parse || header[0] === REQUEST.bind ? SQL_KEPT : 0
      },
      head: (header) => this.#requestBegins(this.#starting ? 0 : header[0]),
      message: (header, body) => {
        if (this.#starting) this.#startup(body)
        else this.#request(header[0], body)
      },
      lost: () => this.#lose(),
      resume: () => -1,
    }
  }

  #begin(): OpenCycle {
    if (this.#open.length >= MOST_OPEN) for (const { id } of this.#open.splice(0)) this.#sink.cannotTell(id)
    const id = this.#sink.begin(this.#row, this.#time)
    const cycle: OpenCycle = { id, asks: [], responding: false, answered: false }
    this.#open.push(cycle)
    return cycle
  }

  #requestBegins(type: number): void {
    if (this.#asking) return
    if (type === 0 || REQUEST.begins.includes(type)) this.#asking = this.#begin()
  }

  #startup(body: Uint8Array): void {
    const asking = this.#asking
    this.#asking = undefined
    if (!asking) return
    this.#sink.requestEnd(asking.id, this.#row, this.#time)
    const code = body.length >= 4 ? lengthAt(body, 0) : 0
    if (code === STARTUP.ssl || code === STARTUP.gss) {
      this.#encryption = code === STARTUP.ssl ? 'TLS' : 'GSSAPI'
      this.#server.headerLength = 1
      this.#sink.ask(asking.id, code === STARTUP.ssl ? 'SSLRequest' : 'GSSENCRequest')
    } else if (code === STARTUP.cancel) {
      this.#sink.ask(asking.id, 'CancelRequest')
      this.#sink.oneWay(asking.id)
      this.#over = true
    } else if (code >>> 16 === 3) {
      this.#sink.ask(asking.id, 'StartupMessage')
      this.#starting = false
      this.#client.headerLength = HEADER
      const parameters = asciiText(body, 4, body.length).split('\u{fffd}')
      const at = parameters.indexOf('database')
      if (at >= 0 && at % 2 === 0) this.#sink.fact('database', parameters[at + 1], this.#row)
    } else this.#lose()
  }

  #request(type: number, body: Uint8Array): void {
    const asking = this.#asking
    if (!asking) {
      if (type === REQUEST.terminate) {
        const id = this.#sink.begin(this.#row, this.#time)
        this.#sink.ask(id, 'Terminate')
        this.#sink.oneWay(id)
      }
      return
    }
    // Once it is being answered (COPY, Flush) what else is sent does not move its end behind the answer.
    if (!asking.responding) this.#sink.requestEnd(asking.id, this.#row, this.#time)
    switch (type) {
      case REQUEST.query:
        this.#name(asking, sqlSummary(asciiText(body, 0, zeroFrom(body, 0)), 'postgresql'))
        break
      case REQUEST.parse: {
        const name = zeroFrom(body, 0)
        const statement = sqlSummary(asciiText(body, name + 1, zeroFrom(body, name + 1)), 'postgresql')
        this.#remember(asciiText(body, 0, name), statement)
        this.#name(asking, statement)
        break
      }
      case REQUEST.bind: {
        const portal = zeroFrom(body, 0)
        const statement = this.#statements.get(asciiText(body, portal + 1, zeroFrom(body, portal + 1))) ?? '?'
        if (asking.asks.at(-1) !== statement) this.#name(asking, statement)
        break
      }
      case REQUEST.functionCall:
        this.#name(asking, 'FunctionCall')
        break
      default:
    }
    if (type === REQUEST.sync && asking.asks.length === 0) this.#name(asking, 'Sync')
    if (type === REQUEST.query || type === REQUEST.sync || type === REQUEST.functionCall) this.#asking = undefined
  }

  #name(cycle: OpenCycle, ask: string): void {
    if (cycle.asks.length > MOST_NAMED) return
    cycle.asks.push(cycle.asks.length === MOST_NAMED ? '…' : ask)
    this.#sink.ask(cycle.id, cycle.asks.join('; '))
  }

  #remember(name: string, statement: string): void {
    this.#statements.delete(name)
    this.#statements.set(name, statement)
    if (this.#statements.size <= MOST_STATEMENTS) return
    for (const oldest of this.#statements.keys()) {
      this.#statements.delete(oldest)
      return
    }
  }

  #responses(): MessageFormat {
    return {
      bodyLength: (header) => {
        if (this.#server.headerLength === 1) return 0
        const length = lengthAt(header, 1) - 4
        return RESPONSES.includes(header[0]) && length <= LONGEST_MESSAGE ? length : -1
      },
      kept: (header) => KEPT_OF_RESPONSE[header[0]] ?? 0,
      head: (header) => this.#responseBegins(header[0]),
      message: (header, body) => {
        if (this.#encryption) this.#encryptionAnswer(header[0])
        else this.#response(header[0], body)
      },
      lost: () => this.#lose(),
      resume: () => -1,
    }
  }

  #responseBegins(type: number): void {
    const answering = this.#open.length > 0 ? this.#open[0] : undefined
    if (!answering || answering.responding || (!this.#encryption && UNASKED.includes(type))) return
    answering.responding = true
    this.#sink.responseBegin(answering.id, this.#row, this.#time)
  }

  #encryptionAnswer(answer: number): void {
    const cycle = this.#open.shift()
    const accepted = answer === 0x53 || answer === 0x47
    // A server that has never heard of it says so in an ErrorResponse, and hangs up.
    const failed = answer === RESPONSE.error
    if (cycle) {
      this.#sink.responseEnd(cycle.id, this.#row, this.#time)
      this.#sink.answer(cycle.id, accepted ? 'accepted' : failed ? 'ERROR' : 'refused', failed)
    }
    if (accepted && this.#encryption) this.#sink.fact('encryption', this.#encryption, this.#row)
    if (accepted && this.#encryption === 'TLS') {
      this.#tls = new TlsDecoder(carriedSink(this.#sink, 'tls'))
      this.#client.stopped = this.#server.stopped = true
    } else this.#over = accepted || failed
    this.#encryption = undefined
    this.#server.headerLength = HEADER
  }

  #response(type: number, body: Uint8Array): void {
    const answering = this.#open.length > 0 ? this.#open[0] : undefined
    const error = type === RESPONSE.error ? sqlState(body) : undefined
    if (!answering) {
      if (error !== undefined) this.#sink.fact('error', error, this.#row)
      return
    }
    if (!answering.responding) return
    if (!UNASKED.includes(type)) this.#sink.responseEnd(answering.id, this.#row, this.#time)
    if (error !== undefined && !answering.answered) {
      answering.answered = true
      this.#sink.answer(answering.id, error, true)
    } else if (!answering.answered && type in ANSWERS) this.#sink.answer(answering.id, ANSWERS[type] ?? '', false)
    else if (!answering.answered && type === RESPONSE.commandComplete) {
      this.#sink.answer(answering.id, asciiText(body, 0, zeroFrom(body, 0)), false)
    } else if (type === RESPONSE.authentication && body.length === 4 && lengthAt(body, 0) === 0) {
      this.#sink.answer(answering.id, 'AuthenticationOk', false)
    } else if (type === RESPONSE.readyForQuery) {
      this.#open.shift()
      // An error makes the server pass over the rest of a cycle that is not all sent yet.
      if (this.#asking === answering) this.#asking = undefined
    }
  }
}

const RESPONSE = { authentication: 0x52, error: 0x45, commandComplete: 0x43, readyForQuery: 0x5a } as const
const KEPT_OF_RESPONSE: Readonly<Record<number, number | undefined>> = { 0x52: 4, 0x45: 512, 0x43: 64 }
const RESPONSES = bytesOf('RKSZTDC123nstEINAGHWVdcv')
/** Notices, notifications and parameters come at any time. */
const UNASKED = bytesOf('NAS')
const ANSWERS: Readonly<Record<number, string | undefined>> = {
  // Of a cycle that only prepares; what an execution completes comes after it.
  0x31: 'ParseComplete',
  0x49: 'EmptyQueryResponse',
  0x73: 'PortalSuspended',
  0x57: 'CopyBothResponse',
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0

function bytesOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}

/** Where the next zero byte is, or the end. */
function zeroFrom(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(0, from)
  return found < 0 ? bytes.length : found
}

/** The SQLSTATE of an ErrorResponse: fields of a type and a text each. */
function sqlState(body: Uint8Array): string {
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = zeroFrom(body, at)
    if (body[at] === FIELD.sqlState) return asciiText(body, at + 1, end)
    at = end + 1
  }
  return 'ERROR'
}

/** Whether [from, to) is messages of a client that is asking: to the last byte, or up to one that goes on. */
function isRequest(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  if (at + HEADER > to || !REQUEST.begins.includes(bytes[at])) return false
  while (at + HEADER <= to) {
    const length = lengthAt(bytes, at + 1)
    if (!REQUEST.all.includes(bytes[at]) || length < 4 || length > LONGEST_MESSAGE) return false
    at += 1 + length
  }
  return true
}
