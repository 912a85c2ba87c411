import type { Engine } from '../../engine/engine.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import { checkFilterArgument } from './filter-argument.ts'
import { ownNotes } from './own-notes.ts'
import type { ReadOptions } from './read-capture.ts'

/**
 * Reads a capture and tells of the packets that the filter matches, ascending (undefined = all). A filter may ask for anything: also for requests,
 * names, notes and packets' bytes. Throws UsageError for the filter before anything is read, and CommandError.
 */
export async function tellFiltered<Told>(
  command: string,
  file: string,
  filter: string,
  options: Pick<ReadOptions, 'limits' | 'part'>,
  tell: (engine: Engine, rows: Uint32Array | undefined) => Told | Promise<Told>,
): Promise<Told> {
  checkFilterArgument(command, filter)
  using capture = await CaptureWithBytes.open(file, options)
  const { engine, read } = capture
  engine.notes.set(await ownNotes(file))
  return await tell(engine, await engine.select({ filter }, read))
}
