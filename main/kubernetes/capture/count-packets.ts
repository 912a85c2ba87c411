import { open } from 'node:fs/promises'
import { readJournal } from './capture-journal.ts'
import { journalOf } from './capture-manifest.ts'
import { wholeBlocks } from './whole-blocks.ts'

const ENHANCED_PACKET = 6

/** How many packets there are in a capture's file that was not brought to its end; undefined without the journal beside it. */
export async function countPackets(path: string): Promise<number | undefined> {
  const [safe] = (await readJournal(journalOf(path)))?.moments ?? []
  if (!safe) return undefined
  const file = await open(path)
  try {
    let { packets } = safe
    const { size } = await file.stat()
    for await (const { type } of wholeBlocks(file, safe.bytes, size)) if (type === ENHANCED_PACKET) packets++
    return packets
  } finally {
    await file.close()
  }
}
