import { type CapturePiece, MOST_PIECE_BYTES, type PieceBytes } from '../../common/model/capture-pieces.ts'

/** As many as a list may have rows on screen, and more: whoever asks for one by one does not want many. */
export const MOST_TOGETHER = 128
/** Longer ones are worth a request of their own. */
const SHORT = 1 << 16

interface Waiting extends CapturePiece {
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (reason: unknown) => void
}

/** Short reads that are asked for at once, as for the packets of a list, go as one: a request costs more than its bytes. */
export class GatheredReads {
  readonly #one: (offset: number, length: number) => Promise<Uint8Array>
  readonly #several: (pieces: readonly CapturePiece[]) => Promise<PieceBytes>
  #waiting: Waiting[] = []
  #bytes = 0

  constructor(
    one: (offset: number, length: number) => Promise<Uint8Array>,
    several: (pieces: readonly CapturePiece[]) => Promise<PieceBytes>,
  ) {
    this.#one = one
    this.#several = several
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    if (length > SHORT) return this.#one(offset, length)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === MOST_TOGETHER || this.#bytes + length > MOST_PIECE_BYTES) this.#ask()
      if (this.#waiting.length === 0) queueMicrotask(() => this.#ask())
      this.#waiting.push({ offset, length, resolve, reject })
      this.#bytes += length
    })
  }

  #ask(): void {
    const asked = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    if (asked.length === 1) {
      const [{ offset, length, resolve, reject }] = asked
      this.#one(offset, length).then(resolve, reject)
    } else if (asked.length > 1) {
      this.#several(asked).then(
        ({ bytes, places, lengths }) =>
          asked.forEach(({ resolve }, n) => resolve(bytes.subarray(places[n], places[n] + lengths[n]))),
        (reason: unknown) => asked.forEach(({ reject }) => reject(reason)),
      )
    }
  }
}
