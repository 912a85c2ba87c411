import { randomBytes } from 'node:crypto'

const GOOD_FOR = 60_000

/** Passes that let one page in, once. */
export class Tickets {
  readonly #issued = new Map<string, number>()

  issue(): string {
    const ticket = randomBytes(24).toString('base64url')
    this.#issued.set(ticket, Date.now() + GOOD_FOR)
    return ticket
  }

  redeem(ticket: string): boolean {
    const until = this.#issued.get(ticket)
    this.#issued.delete(ticket)
    return until !== undefined && Date.now() <= until
  }
}
