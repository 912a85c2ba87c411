/** Pieces of this size are still in the processor's cache when they are parsed. */
const PIECE = 256 * 1024

/** A stream of bytes, read from front to back. */
export interface PieceReader {
  /** The next bytes, which are valid until it is called again; undefined at the end, and once cancelled. Throws where the stream breaks off. */
  next(): Promise<Uint8Array | undefined>
  cancel(): void
}

/**
 * Reads into the same memory again and again. New memory for each piece, as read() of a default reader gives it, took Chromium a second for
 * 900 MB. Streams that can't (Safari's) give their own pieces.
 */
export function pieceReader(stream: ReadableStream<Uint8Array>): PieceReader {
  const reader = byobReader(stream)
  if (!reader) return ownPieces(stream)
  let memory = new ArrayBuffer(PIECE)
  return {
    async next() {
      const { done, value } = await reader.read(new Uint8Array(memory))
      memory = value?.buffer ?? new ArrayBuffer(PIECE)
      return done ? undefined : value
    },
    cancel: () => void reader.cancel().catch(() => undefined),
  }
}

function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}

function ownPieces(stream: ReadableStream<Uint8Array>): PieceReader {
  const reader = stream.getReader()
  return {
    next: async () => (await reader.read()).value,
    cancel: () => void reader.cancel().catch(() => undefined),
  }
}
