/** Some bytes of a capture. */
export interface CapturePiece {
  readonly offset: number
  readonly length: number
}

// Pieces here and there are asked for in one request, ?pieces=OFFSET:LENGTH,... Each comes behind its length (32 bits, little-endian), which
// is less than what was asked for only where the capture ends.

/** In one request, ... */
export const MOST_PIECES = 128
/** ... and of at most this many bytes together. */
export const MOST_PIECE_BYTES = 4 << 20

export const PIECE_HEAD = 4

export function piecesText(pieces: readonly CapturePiece[]): string {
  return pieces.map(({ offset, length }) => `${offset}:${length}`).join(',')
}

/** Undefined when it is not such a text, or asks for too much. */
export function parsePieces(text: string): readonly CapturePiece[] | undefined {
  const pieces = text.split(',', MOST_PIECES + 1).map((piece) => {
    const [, offset = '', length = ''] = /^(\d{1,16}):(\d{1,7})$/.exec(piece) ?? []
    return {
      offset: Number(offset),
      length: Number(length),
      valid: offset !== '' && Number.isSafeInteger(Number(offset)),
    }
  })
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
  const good = pieces.length <= MOST_PIECES && bytes <= MOST_PIECE_BYTES && pieces.every(({ valid }) => valid)
  return good ? pieces : undefined
}
