import { asciiText } from './ascii.ts'
import { carriedSink } from './carried-sink.ts'
import { type MessageFormat, MessageReader } from './message-reader.ts'
import { CAPABILITY, COMMAND, isCommandPacket, unsigned } from './mysql-packets.ts'
import { MysqlResponse } from './mysql-response.ts'
import { SQL_KEPT, sqlSummary } from './sql-summary.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'
import { TlsDecoder } from './tls.ts'

/** Length (3 bytes, little-endian) and sequence number. */
const HEADER = 4
/** A packet of this length goes on in the next one. */
const FULL = 0xff_ffff
const MOST_STATEMENTS = 1024

interface OpenCommand {
  readonly id: ExchangeId
  readonly response: MysqlResponse
  /** What a PREPARE is about, until the number of its statement is known. */
  readonly preparing: string | undefined
  responding: boolean
}

/** MySQL and MariaDB: the server greets, then one command at a time is answered. Keeps no literals, parameters, rows or passwords. */
export class MysqlDecoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #client: MessageReader
  readonly #server: MessageReader
  #open: OpenCommand | undefined
  /** The login, or the command, whose packet is being read. */
  #asking: ExchangeId | undefined
  readonly #statements = new Map<number, string>()
  #capabilities = 0
  #phase: 'greeting' | 'login' | 'commands' = 'greeting'
  /** The packet before was a full one: what comes is its rest. */
  readonly #continued = { client: false, server: false }
  #row = 0
  #time = 0
  #lost = false
  #lastSide: Side = 'server'
  /** What is spoken after a client's SSLRequest; MySQL itself goes on within it, out of sight. */
  #tls: TlsDecoder | undefined
  #over = false

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#client = new MessageReader(this.#requests(), HEADER)
    this.#server = new MessageReader(this.#responses(), HEADER)
  }

  get done(): boolean {
    return this.#over || this.#tls?.done === true
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    if (this.#tls) this.#tls.data(side, bytes, from, to, row, time)
    else this.#inClear(side, bytes, from, to, row, time)
  }

  #inClear(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    const turned = side === 'client' && this.#lastSide === 'server'
    this.#lastSide = side
    if (this.#lost) {
      if (!turned || !isCommandPacket(bytes, from, to)) return
      this.#lost = false
      this.#phase = 'commands'
      this.#continued.client = this.#continued.server = false
      this.#client.begin()
      this.#server.begin()
    }
    const at = side === 'client' ? this.#client.data(bytes, from, to) : this.#server.data(bytes, from, to)
    // The ClientHello may come in the packet of the request for it.
    if (at < to) this.#tls?.data(side, bytes, at, to, row, time)
  }

  gap(side: Side, length: number, row: number, time: number): void {
    if (this.#tls) {
      this.#tls.gap(side, length)
      return
    }
    this.#row = row
    this.#time = time
    const reader = side === 'client' ? this.#client : this.#server
    if (Number.isNaN(length) && this.#phase === 'greeting' && reader.isBetweenMessages && side === 'server') {
      // Recognised by its greeting, which is the first there is.
      if (this.#lastSide === 'server' && !this.#lost) return
    }
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
    if (this.#open) this.#sink.cannotTell(this.#open.id)
    this.#open = undefined
    this.#asking = undefined
    this.#client.lose()
    this.#server.lose()
  }

  #requests(): MessageFormat {
    return {
      bodyLength: (header) => unsigned(header, 0, 3),
      kept: (header) => (this.#continued.client ? 0 : header[3] === 0 ? SQL_KEPT : this.#phase === 'commands' ? 0 : 32),
      head: (header) => {
        const isRequest = this.#phase === 'commands' ? header[3] === 0 : this.#phase === 'greeting'
        if (isRequest && !this.#continued.client) this.#begins()
      },
      message: (_header, body, length) => {
        const rest = this.#continued.client
        this.#continued.client = length === FULL
        if (this.#asking === undefined) return
        this.#sink.requestEnd(this.#asking, this.#row, this.#time)
        if (this.#phase === 'commands') {
          if (!rest) this.#command(this.#asking, body)
        } else this.#login(this.#asking, body)
        if (!this.#continued.client) this.#asking = undefined
      },
      lost: () => this.#lose(),
      resume: () => -1,
    }
  }

  #begins(): void {
    // A command before the last was answered: its answer would be taken for this one's.
    if (this.#open) this.#sink.cannotTell(this.#open.id)
    this.#open = undefined
    this.#asking = this.#sink.begin(this.#row, this.#time)
  }

  /** HandshakeResponse41, or SSLRequest, which is its beginning. */
  #login(id: ExchangeId, body: Uint8Array): void {
    const capabilities = unsigned(body, 0, 4)
    if (body.length < 4 || (capabilities & CAPABILITY.protocol41) === 0) {
      this.#sink.cannotTell(id)
      this.#lose()
      return
    }
    this.#capabilities = capabilities
    this.#phase = 'login'
    if ((capabilities & CAPABILITY.ssl) !== 0) {
      this.#sink.ask(id, 'SSLRequest')
      this.#sink.oneWay(id)
      this.#sink.fact('encryption', 'TLS', this.#row)
      this.#tls = new TlsDecoder(carriedSink(this.#sink, 'tls'))
      this.#client.stopped = true
      return
    }
    this.#sink.ask(id, 'login')
    this.#open = { id, response: new MysqlResponse('login', capabilities), preparing: undefined, responding: false }
  }

  #command(id: ExchangeId, body: Uint8Array): void {
    const code = body.length > 0 ? body[0] : -1
    const command = COMMAND[code]
    if (command === undefined) {
      this.#sink.cannotTell(id)
      this.#lose()
      return
    }
    let preparing: string | undefined
    let ask: string = command.name
    if (code === 0x03) ask = this.#query(body)
    else if (code === 0x16) {
      preparing = sqlSummary(asciiText(body, 1, body.length), 'mysql')
      ask = `PREPARE ${preparing}`
    } else if (code === 0x17 || code === 0x1c) ask = this.#statements.get(unsigned(body, 1, 4)) ?? `${ask} ?`
    else if (code === 0x19) this.#statements.delete(unsigned(body, 1, 4))
    this.#sink.ask(id, ask)
    if (command.answer === 'none') {
      this.#sink.oneWay(id)
      return
    }
    this.#open = { id, response: new MysqlResponse(command.answer, this.#capabilities), preparing, responding: false }
    if (command.answer === 'feed') this.#over = true
  }

  #query(body: Uint8Array): string {
    // With CLIENT_QUERY_ATTRIBUTES the number of parameters, and of their sets (one), are in front.
    const attributes = (this.#capabilities & CAPABILITY.queryAttributes) !== 0 && body[1] === 0 && body[2] === 1
    return sqlSummary(asciiText(body, attributes ? 3 : 1, body.length), 'mysql')
  }

  #responses(): MessageFormat {
    return {
      bodyLength: (header) => unsigned(header, 0, 3),
      kept: () => (this.#continued.server ? 0 : 64),
      head: () => {
        const open = this.#open
        if (!open || open.responding) return
        open.responding = true
        this.#sink.responseBegin(open.id, this.#row, this.#time)
      },
      message: (_header, body, length) => {
        const rest = this.#continued.server
        this.#continued.server = length === FULL
        if (!rest) this.#response(body, length)
      },
      lost: () => this.#lose(),
      resume: () => -1,
    }
  }

  #response(body: Uint8Array, length: number): void {
    if (this.#phase === 'greeting' && body.length > 0 && body[0] === 0x0a) {
      const end = body.indexOf(0, 1)
      if (end > 0) this.#sink.fact('server', asciiText(body, 1, end), this.#row)
      return
    }
    const open = this.#open
    if (!open) {
      // Sent before it ends the connection: shutdown, too many connections, killed.
      if (body[0] === 0xff) this.#sink.fact('error', MysqlResponse.errorOf(body), this.#row)
      return
    }
    const { response } = open
    this.#sink.responseEnd(open.id, this.#row, this.#time)
    response.packet(body, length)
    if (response.statement !== undefined && open.preparing !== undefined) {
      if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear()
      this.#statements.set(response.statement, open.preparing)
    }
    if (!response.isComplete) return
    this.#sink.answer(open.id, response.error ?? 'OK', response.error !== undefined)
    this.#open = undefined
    if (this.#phase !== 'login') return
    this.#phase = 'commands'
    if ((this.#capabilities & (CAPABILITY.compress | CAPABILITY.zstd)) !== 0 && response.error === undefined) {
      this.#sink.fact('compression', 'compressed protocol', this.#row)
      this.#over = true
    }
  }
}
