/** What is read at a time, where that can be chosen: it stays in the processor's cache, and the host has time for others between two of them. */
export const BLOCK_BYTES = 1 << 18

const MOST_SPARE = 4
const spare: Buffer[] = []

/** Memory of at least so many bytes that served others before: new memory for each read takes the operating system longer than reading. */
export function takeMemory(bytes: number): Buffer {
  const memory = spare.pop()
  return memory && memory.length >= bytes ? memory : Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK_BYTES))
}

/** Nothing may be read into it any more. */
export function giveBack(memory: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(memory)
}
