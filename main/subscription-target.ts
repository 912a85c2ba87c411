import { RpcTarget } from 'capnweb'
import type { PulledValue } from '../common/contract.ts'
import { crossing } from './crossing.ts'

/**
 * A subscription as the other end sees it: asked for each value, so the other end sets the pace. It is released when the other end lets
 * go of it and when the line is lost, and then cancels the stream at once. (The carrier's own streams would tell a producer that nobody
 * listens only when it has something to say, which for some is never.)
 */
export class SubscriptionTarget extends RpcTarget {
  readonly #reader: ReadableStreamDefaultReader<unknown>
  readonly #report: (error: unknown) => void

  constructor(stream: ReadableStream<unknown>, report: (error: unknown) => void) {
    super()
    this.#reader = stream.getReader()
    this.#report = report
  }

  async next(): Promise<PulledValue<unknown>> {
    try {
      const { done, value } = await this.#reader.read()
      return done ? { done } : { value }
    } catch (error) {
      throw crossing(error, this.#report)
    }
  }

  [Symbol.dispose](): void {
    this.#reader.cancel().catch(() => undefined)
  }
}
