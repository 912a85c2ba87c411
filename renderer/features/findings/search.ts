import type { Finding, FindingsReport } from '../../../common/model/finding.ts'
import { formatCount, formatCounted } from '../../components/format.ts'

/** Those in whose sentences every word of the search is found, in any case. */
export function searched(findings: readonly Finding[], search: string): readonly Finding[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return findings
  return findings.filter(({ title, sentence, why, blamed }) => {
    const said = `${title} ${sentence} ${why} ${blamed}`.toLowerCase()
    return words.every((word) => said.includes(word))
  })
}

/** How many there are, how many of them are listed, and how many of those `found` by a search. */
export function countText({ findings, omitted, artefacts }: FindingsReport, found = findings.length): string {
  const all = findings.length + omitted
  const troubles = formatCounted(all, 'trouble')
  return [
    all === 0 ? 'no known trouble' : found < findings.length ? `${formatCount(found)} of ${troubles}` : troubles,
    omitted > 0 && `the costliest ${findings.length} listed`,
    artefacts.length > 0 && `${artefacts.length} about the capture`,
  ]
    .filter(Boolean)
    .join(', ')
}
