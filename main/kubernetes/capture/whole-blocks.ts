import type { FileHandle } from 'node:fs/promises'

const PIECE = 1 << 20

/**
 * The whole blocks of a pcapng file, from `from`, where one begins, to those that end at or before `to`. A disk that lost power may have kept
 * a file's length and not what was in it: what is no block ends them.
 */
export async function* wholeBlocks(
  file: FileHandle,
  from: number,
  to: number,
): AsyncGenerator<{ readonly type: number; readonly end: number }> {
  let piece: Buffer = Buffer.alloc(0)
  let start = 0
  const bytesAt = async (at: number, length: number): Promise<Buffer | undefined> => {
    if (at < start || at + length > start + piece.length) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE), 0, PIECE, at)
      piece = buffer.subarray(0, bytesRead)
      start = at
    }
    return at - start + length > piece.length ? undefined : piece.subarray(at - start, at - start + length)
  }
  for (let at = from; ;) {
    const head = await bytesAt(at, 8)
    if (!head) return
    const [type, total] = [head.readUInt32LE(0), head.readUInt32LE(4)]
    if (total < 12 || total % 4 !== 0 || at + total > to) return
    if ((await bytesAt(at + total - 4, 4))?.readUInt32LE(0) !== total) return
    at += total
    yield { type, end: at }
  }
}
