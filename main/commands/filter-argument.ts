import { Engine } from '../../engine/engine.ts'
import { UsageError } from './command.ts'
import { say } from './write-out.ts'

/** Before the capture is read, which may take long: is the filter one? What it may not mean is said on standard error. Throws UsageError. */
export function checkFilterArgument(command: string, filter: string): void {
  const result = new Engine().checkFilter(filter)
  if (!result.ok) throw new UsageError(`${result.message}\n${marked(filter, result)}`)
  if (result.note) say(`hopscope ${command}: ${result.note.message}\n${marked(filter, result.note)}`)
}

/** The filter, and below it carets under [from, to). */
function marked(filter: string, { from, to }: { readonly from: number; readonly to: number }): string {
  return `  ${filter.replace(/\s/g, ' ')}\n  ${' '.repeat(from)}${'^'.repeat(Math.max(1, to - from))}`
}
