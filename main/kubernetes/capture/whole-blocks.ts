import type { FileHandle } from 'node:fs/promises'

const PIECE = 1 << 20

/**
 * Where the last whole block of a pcapng file ends that ends at or before `to`; `from` is where one begins. A disk that lost power may have
 * kept a file's length and not what was in it.
 */
export async function wholeBlocksUntil(file: FileHandle, from: number, to: number): Promise<number> {
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
    const total = head?.readUInt32LE(4) ?? 0
    if (total < 12 || total % 4 !== 0 || at + total > to) return at
    if ((await bytesAt(at + total - 4, 4))?.readUInt32LE(0) !== total) return at
    at += total
  }
}
