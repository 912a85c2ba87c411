import type { CheckResult } from '../../../common/model/check.ts'

/** What a note holds at most, in characters. */
const MOST = 10_000

/** A check's result as a note: what, where and when first, then all it said, as far as a note holds it. */
export function noteText({ command, where, at, output, problem }: CheckResult, most = MOST): string {
  const head = [
    `${command} in ${where}, ${new Date(at).toISOString()}`,
    ...(problem === undefined ? [] : [problem]),
  ].join('\n')
  const text = output === '' ? head : `${head}\n\n${output}`
  if (text.length <= most) return text
  const lines = text.split('\n')
  const word = (kept: number) => `\n(cut: ${lines.length - kept} of ${lines.length} lines are not kept)`
  let kept = 0
  let size = word(0).length
  while (kept < lines.length && size + lines[kept].length + 1 <= most) size += lines[kept++].length + 1
  return lines.slice(0, kept).join('\n') + word(kept)
}
