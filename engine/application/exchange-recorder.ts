import { EXCHANGE, type ExchangeTable } from './exchange-table.ts'
import type { ExchangeId, ExchangeSink } from './stream-decoder.ts'

/** Writes what the decoder of one conversation tells into the table. */
export class ExchangeRecorder implements ExchangeSink {
  readonly #table: ExchangeTable
  readonly #conversation: number
  readonly #protocol: number

  constructor(table: ExchangeTable, conversation: number, protocol: number) {
    this.#table = table
    this.#conversation = conversation
    this.#protocol = protocol
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
  fact(name: string, value: string, row: number): void {
    this.#table.fact(this.#conversation, name, value, row)
  }
}
