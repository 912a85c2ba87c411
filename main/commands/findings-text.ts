import { unbroken } from '../../common/model/finding.ts'
import type { Engine, Finding, FindingsReport } from '../../engine/engine.ts'
import { printable } from './conversation-table.ts'
import { countText, millisecondsText, textWidth } from './text.ts'

/** Evidence and commands a finding shows in a terminal; JSON has them all. */
const MOST_EVIDENCE = 6

/** Everything that is known of each finding. */
export function findingsText({ findings, omitted, artefacts }: FindingsReport, engine: Engine): string {
  const parts = findings.map((finding, i) => wholeText(finding, i + 1, engine))
  if (parts.length === 0) parts.push(engine.packets.rows === 0 ? 'The capture holds no packets.' : 'Nothing was found.')
  if (omitted > 0) parts.push(omittedText(omitted))
  const notes = artefactsText(artefacts)
  if (notes !== '') parts.push(notes)
  return parts.join('\n\n')
}

/** What happened, from which frame on, and who is to blame, for the beginning of an analysis; frames are counted from `before` on. */
export function findingsSummary(
  { findings, omitted, artefacts }: Pick<FindingsReport, 'findings' | 'omitted' | 'artefacts'>,
  before: number,
): string {
  const parts = findings.map((finding, i) =>
    [
      headText(finding, i + 1, finding.evidence.map(({ row }) => `; see frame ${before + row + 1}`).at(0)),
      wrapped(finding.sentence, '   '),
      wrapped(`To blame: ${finding.blamed}.`, '   '),
    ].join('\n'),
  )
  if (omitted > 0) parts.push(omittedText(omitted))
  if (parts.length > 0) parts.push('Why, what was ruled out and how to confirm it: hopscope findings.')
  if (parts.length === 0) parts.push('Nothing was found.')
  const notes = artefactsText(artefacts)
  if (notes !== '') parts.push(notes)
  return parts.join('\n')
}

const omittedText = (omitted: number) => `${countText(omitted, 'finding')} more of the same kinds did less harm.`

function headText({ title, costMs, failed, confidence }: Finding, number: number, where = ''): string {
  const broken = failed === undefined ? '' : `, ${failed} failed`
  const cost = costMs > 0 ? `, ${millisecondsText(costMs)} lost` : ''
  return `${number}. ${printable(title)}${broken}${cost} (${Math.round(confidence * 100)} % sure${where})`
}

function wholeText(finding: Finding, number: number, { packets }: Engine): string {
  const lines = [
    headText(finding, number),
    wrapped(finding.sentence, '   '),
    wrapped(`Why: ${finding.why}`, '   '),
    wrapped(`To blame: ${finding.blamed}.`, '   '),
    ...finding.ruledOut.map((text) => wrapped(`Ruled out: ${text}`, '   ')),
  ]
  if (finding.settle !== undefined) lines.push(wrapped(`Would settle it: ${finding.settle}`, '   '))
  const shown = finding.evidence.slice(0, MOST_EVIDENCE)
  const more = finding.evidence.length - shown.length
  if (shown.length > 0) {
    const text = framesText(shown.map(({ row, role }) => ({ frame: packets.frame(row), role })))
    lines.push(wrapped(`Frames: ${text}${more > 0 ? `; ${countText(more, 'other')}` : ''}`, '   '))
  }
  for (const { command, about } of finding.confirm) lines.push(`   $ ${command}`, wrapped(about, '       '))
  lines.push(`   Filter: ${finding.filter}`, `   Described: ${finding.source}`)
  return lines.join('\n')
}

/** "3 the SYN; 4, 9 its repetition": those in a row that show the same together. */
function framesText(frames: readonly { readonly frame: number; readonly role: string }[]): string {
  return frames
    .map(
      ({ frame, role }, n) =>
        `${frame}${frames[n + 1]?.role === role ? ', ' : ` ${role}${n + 1 < frames.length ? '; ' : ''}`}`,
    )
    .join('')
}

function artefactsText(artefacts: readonly Finding[]): string {
  if (artefacts.length === 0) return ''
  const lines = artefacts.map(({ title, sentence }) => wrapped(`- ${title}. ${sentence}`, '  ').trimStart())
  return ['About the capture itself:', ...lines].join('\n')
}

/** Lines as wide as text may be, broken at spaces, but not between a number and its unit. */
function wrapped(text: string, indent: string): string {
  const width = textWidth()
  const lines: string[] = []
  let line = ''
  for (const word of unbroken(printable(text)).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(indent + line)
  return lines.join('\n').replaceAll('\u{a0}', ' ')
}
