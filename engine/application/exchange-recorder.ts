import { EXCHANGE, type ExchangeTable } from './exchange-table.ts'
import type { ExchangeId, ExchangeSink, FramedProtocol } from './stream-decoder.ts'

/** Writes what the decoder of one conversation tells into the table. */
export class ExchangeRecorder implements ExchangeSink {
  readonly #table: ExchangeTable
  readonly #protocol: number
  #conversation: number

  constructor(table: ExchangeTable, protocol: number, conversation = 0) {
    this.#table = table
    this.#protocol = protocol
    this.#conversation = conversation
  }

  /** The same recorder for the next conversation: where there is a message a conversation, one for each would be too much. */
  of(conversation: number): this {
    this.#conversation = conversation
    return this
  }

  begin(row: number): ExchangeId {
    return this.#table.begin(this.#conversation, this.#protocol, row)
  }
  requestEnd(id: ExchangeId, row: number): void {
    this.#table.requestEnd(id, row)
  }
  responseBegin(id: ExchangeId, row: number): void {
    this.#table.responseBegin(id, row)
  }
  responseEnd(id: ExchangeId, row: number): void {
    this.#table.responseEnd(id, row)
  }
  ask(id: ExchangeId, text: string): void {
    this.#table.setAsk(id, text)
  }
  answer(id: ExchangeId, text: string, failed: boolean): void {
    this.#table.setAnswer(id, text, failed)
  }
  oneWay(id: ExchangeId): void {
    this.#table.flag(id, EXCHANGE.oneWay)
  }
  cannotTell(id: ExchangeId): void {
    this.#table.flag(id, EXCHANGE.unknown)
  }
  protocol(id: ExchangeId, name: string): void {
    this.#table.setProtocol(id, this.#table.protocolNumber(name))
  }
  carries(protocol: FramedProtocol, row: number): void {
    this.#table.carries(this.#conversation, protocol, row)
  }
  fact(name: string, value: string, row: number): void {
    this.#table.fact(this.#conversation, name, value, row)
  }
}
