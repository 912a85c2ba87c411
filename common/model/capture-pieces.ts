/** Some bytes of a capture. */
export interface CapturePiece {
  readonly offset: number
  readonly length: number
}

/** Bytes that were read together, and where in them each of the pieces that were asked for begins. */
export interface PieceBytes {
  readonly bytes: Uint8Array
  readonly places: Uint32Array
  /** Of each piece; less than asked for only where the capture ends. */
  readonly lengths: Uint32Array
}

// Pieces here and there are asked for in one request, ?pieces=SKIP:LENGTH,SKIP:LENGTH,... SKIP counts from the end of the piece before (the first
// from 0, and it may be negative); a piece that says no length is as long as the one before. Each comes behind its length (32 bits, little-endian),
// which is less than what was asked for only where the capture ends.

/** In one request, ... */
export const MOST_PIECES = 8192
/** ... and of at most this many bytes together. */
export const MOST_PIECE_BYTES = 4 << 20
/** More than any such request's text has; Chromium passes URLs of up to 2 MiB between its processes, those of our own scheme too. */
export const MOST_PIECES_TEXT = 1 << 18

export const PIECE_HEAD = 4

export function piecesText(pieces: readonly CapturePiece[]): string {
  let text = ''
  let end = 0
  let before = -1
  for (const { offset, length } of pieces) {
    text += `${text === '' ? '' : ','}${offset - end}${length === before ? '' : `:${length}`}`
    end = offset + length
    before = length
  }
  return text
}

/** Undefined when it is not such a text, or asks for too much. */
export function parsePieces(text: string): readonly CapturePiece[] | undefined {
  if (text.length > MOST_PIECES_TEXT) return undefined
  const words = text.split(',', MOST_PIECES + 1)
  if (words.length > MOST_PIECES) return undefined
  const pieces: CapturePiece[] = []
  let offset = 0
  let length = 0
  let bytes = 0
  for (const [n, word] of words.entries()) {
    const [, skip, said] = /^(-?\d{1,16})(?::(\d{1,7}))?$/.exec(word) ?? []
    if (skip === undefined || (n === 0 && said === undefined)) return undefined
    offset += length + Number(skip)
    length = said === undefined ? length : Number(said)
    bytes += length
    if (offset < 0 || !Number.isSafeInteger(offset + length) || bytes > MOST_PIECE_BYTES) return undefined
    pieces.push({ offset, length })
  }
  return pieces
}
