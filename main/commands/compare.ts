import { compare, comparedSide, type Comparison, type CompareRange, type LatencySummary } from '../../engine/engine.ts'
import { parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import { type Command, UsageError } from './command.ts'
import { printable } from './conversation-table.ts'
import { jsonText } from './json.ts'
import { warnOfDamage } from './read-capture.ts'
import { countText, millisecondsText, table } from './text.ts'
import { writeOut } from './write-out.ts'

export const compareCommand: Command = {
  name: 'compare',
  usage: 'A [B] [--range-a S-S --range-b S-S] [--json]',
  summary: 'before and after: what became better and what worse',
  help: `
Sets two captures side by side, or two times of one: percentiles, how many of 1000 packets have each tcp.analysis label,
and the findings that are new, gone, or in both (the same trouble of the same ends).

  --range-a S-S   only this time of A, in seconds from its first frame: 0-10.5
  --range-b S-S   only this time of B; without B of A
  --json          one JSON object; times are nanoseconds

Findings of a time are those of the capture that happened within it, also in part; what they say and cost is of the whole capture.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      'range-a': { type: 'string' },
      'range-b': { type: 'string' },
      json: { type: 'boolean' },
    })
    const [fileA, fileB] = positionals
    if (fileA === undefined || positionals.length > 2) throw new UsageError('name one or two captures.')
    const [rangeA, rangeB] = [rangeOf(values['range-a'], '--range-a'), rangeOf(values['range-b'], '--range-b')]
    if (fileB === undefined && !(rangeA && rangeB))
      throw new UsageError('name two captures, or two times of one with --range-a and --range-b.')
    if (fileA === '-' && fileB === '-') throw new UsageError('only one of them can be standard input.')

    using first = await opened(fileA)
    const a = await comparedSide(first.engine, first.read, rangeA)
    using second = fileB === undefined ? undefined : await opened(fileB)
    const other = second ?? first
    const result = compare(a, await comparedSide(other.engine, other.read, rangeB))
    await writeOut(values.json ? `${jsonText(result, 1)}\n` : comparisonText(result))
    return 0
  },
}

async function opened(file: string): Promise<CaptureWithBytes> {
  const capture = await CaptureWithBytes.open(file)
  warnOfDamage('compare', file, capture.engine)
  return capture
}

function rangeOf(text: string | undefined, option: string): CompareRange | undefined {
  if (text === undefined) return undefined
  const parts = /^(\d{1,9}(?:\.\d{1,9})?)-(\d{1,9}(?:\.\d{1,9})?)$/.exec(text)
  const [from, to] = [Number(parts?.[1]) * 1e9, Number(parts?.[2]) * 1e9].map(Math.round)
  if (!(from < to)) throw new UsageError(`${option} is two numbers of seconds, the first smaller: 0-10.5.`)
  return { from, to }
}

function comparisonText({ a, b, latency, labels, findings }: Comparison): string {
  const parts = [`A: ${countText(a.packets, 'packet')}. B: ${countText(b.packets, 'packet')}.`]
  const { appeared, gone, stayed } = findings
  const lines = [
    ...appeared.map(({ sentence }) => `+ only in B: ${printable(sentence)}`),
    ...gone.map(({ sentence }) => `- only in A: ${printable(sentence)}`),
    ...stayed.map((both) => {
      const cost = `${millisecondsText(both.a.costMs)} -> ${millisecondsText(both.b.costMs)} lost`
      return `= in both: ${printable(both.b.title)} (${both.a === both.b ? `${millisecondsText(both.a.costMs)} lost, in the whole capture` : cost})`
    }),
  ]
  parts.push(lines.length === 0 ? 'Nothing was found in either.' : `Findings:\n${lines.join('\n')}`)
  const omitted = ([a, b] as const).flatMap((side, i) =>
    side.omitted > 0 ? `${countText(side.omitted, 'finding')} of ${'AB'[i]}` : [],
  )
  if (omitted.length > 0)
    parts.push(
      `Not compared: ${omitted.join(' and ')} that did less harm; what is only in one may be among those of the other.`,
    )
  if (latency.length > 0) {
    const cell = (of: LatencySummary | undefined, q: 'p50' | 'p90' | 'p99') =>
      of ? `${of[q].beyond ? '>= ' : ''}${millisecondsText(of[q].ns / 1e6)}` : '-'
    const rows = latency.map((both) => [
      both.measure,
      String(both.a?.count ?? 0),
      String(both.b?.count ?? 0),
      ...(['p50', 'p90', 'p99'] as const).flatMap((q) => [cell(both.a, q), cell(both.b, q)]),
    ])
    parts.push(`Latency:\n${table(['of', 'n A', 'n B', 'p50 A', 'p50 B', 'p90 A', 'p90 B', 'p99 A', 'p99 B'], rows)}`)
  }
  if (labels.length > 0) {
    const rows = labels.map((one) => [one.label, one.a.toFixed(1), one.b.toFixed(1)])
    parts.push(`Of 1000 packets have the label (tcp.analysis):\n${table(['label', 'A', 'B'], rows)}`)
  }
  return `${parts.join('\n\n')}\n`
}
