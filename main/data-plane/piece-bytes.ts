import type { FileHandle } from 'node:fs/promises'
import { type CapturePiece, PIECE_HEAD } from '../../common/model/capture-pieces.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { readInto } from './capture-bytes.ts'
import { BLOCK_BYTES, giveBack, takeMemory } from './spare-memory.ts'

/** Pieces this close together are read as one, with what is between them: cheaper than a call for each. */
const NEAR = 1 << 16
/** Many, as a span is mostly a packet: the more reads are under way, the fewer times Node waits for one. */
const SPANS_AT_A_TIME = 32

/** Pieces that are read together, no more than a block unless one alone is longer, and where in the answer the first of them goes. */
interface Span {
  readonly pieces: readonly CapturePiece[]
  readonly into: number
}

/** The bytes of the pieces, each behind its length. Throws the signal's reason once it aborts. */
export async function pieceBytes(
  capture: CaptureFile,
  pieces: readonly CapturePiece[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  await using handle = await capture.open()
  const size = await capture.sizeOf(handle)
  const there = pieces.map(({ offset, length }) => ({
    offset: Math.min(offset, size),
    length: Math.max(0, Math.min(length, size - offset)),
  }))
  const all = Buffer.allocUnsafeSlow(there.reduce((sum, { length }) => sum + PIECE_HEAD + length, 0))
  const spans = spansOf(there)
  const readSpans = async () => {
    for (const span of spans) {
      if (signal.aborted) return
      await readSpan(capture, handle, span, all)
    }
  }
  await Promise.all(Array.from({ length: SPANS_AT_A_TIME }, readSpans))
  signal.throwIfAborted()
  return all
}

function* spansOf(pieces: readonly CapturePiece[]): Generator<Span, undefined> {
  for (let first = 0, into = 0; first < pieces.length;) {
    const begin = pieces[first].offset
    let end = begin + pieces[first].length
    let bytes = PIECE_HEAD + pieces[first].length
    let next = first + 1
    for (; next < pieces.length; next++) {
      const { offset, length } = pieces[next]
      if (offset < end || offset - end > NEAR || offset + length - begin > BLOCK_BYTES) break
      end = offset + length
      bytes += PIECE_HEAD + length
    }
    yield { pieces: pieces.slice(first, next), into }
    into += bytes
    first = next
  }
  return undefined
}

async function readSpan(capture: CaptureFile, handle: FileHandle, { pieces, into }: Span, all: Buffer): Promise<void> {
  const [{ offset: begin, length }] = pieces
  // One alone goes straight to where it belongs.
  if (pieces.length === 1) {
    all.writeUInt32LE(length, into)
    await readInto(capture, handle, all.subarray(into + PIECE_HEAD, into + PIECE_HEAD + length), begin)
    return
  }
  const last = pieces[pieces.length - 1]
  const memory = takeMemory(last.offset + last.length - begin)
  const span = memory.subarray(0, last.offset + last.length - begin)
  await readInto(capture, handle, span, begin)
  let at = into
  for (const piece of pieces) {
    all.writeUInt32LE(piece.length, at)
    at += PIECE_HEAD
    all.set(span.subarray(piece.offset - begin, piece.offset - begin + piece.length), at)
    at += piece.length
  }
  giveBack(memory)
}
