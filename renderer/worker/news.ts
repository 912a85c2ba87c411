/** Every piece of news makes the page ask everything again: no sooner than reading had this many times what the answers took. */
const READING_SHARE = 3

/** Decides when there is news: numbers the states of a growing capture that are worth asking about. */
export class News {
  #version = 1
  #since: number
  #answered = 0

  /** Times are in milliseconds, on any one clock. */
  constructor(now: number) {
    this.#since = now
  }

  /** The number of the state to ask about at `now`, when answers have taken `answered` milliseconds in all. */
  version(now: number, answered: number, final: boolean): number {
    const answers = answered - this.#answered
    const reading = now - this.#since - answers
    if (final || reading > READING_SHARE * answers) {
      this.#version++
      this.#since = now
      this.#answered = answered
    }
    return this.#version
  }
}
