import type { FileHandle } from 'node:fs/promises'
import type { CaptureFile } from '../captures/capture-file.ts'
import { readInto } from './capture-bytes.ts'
import { giveBack, takeMemory } from './spare-memory.ts'

/** The bytes [begin, end) of a capture, which must be there. */
export interface Block {
  readonly begin: number
  readonly end: number
}

/** Reads one block after the other, each while the one before is looked at. What is yielded is valid until the next is asked for. */
export async function* readAhead<B extends Block>(
  capture: CaptureFile,
  handle: FileHandle,
  blocks: Iterable<B>,
): AsyncGenerator<{ readonly block: B; readonly bytes: Buffer }> {
  const todo = blocks[Symbol.iterator]()
  const start = () => {
    const { value: block, done } = todo.next()
    if (done) return undefined
    const memory = takeMemory(block.end - block.begin)
    const read = readInto(capture, handle, memory.subarray(0, block.end - block.begin), block.begin)
    return { block, memory, read }
  }
  let next = start()
  try {
    while (next) {
      const { block, memory, read } = next
      const bytes = await read
      next = start()
      yield { block, bytes }
      giveBack(memory)
    }
  } finally {
    // Who leaves early waits for the read that nobody wants.
    await next?.read.catch(() => undefined)
  }
}
