import type { Finding, FindingsReport } from '../../common/model/finding.ts'
import type { Progress } from '../worker/engine-service.ts'

/** The findings that can be counted: that there are none is only known once the rules ran over all packets, or so far of a capture that grows. */
export function knownFindings(
  report: FindingsReport | undefined,
  progress: Pick<Progress, 'phase' | 'size' | 'facts'> | undefined,
): readonly Finding[] | undefined {
  if (!report || !progress) return undefined
  const grows = progress.phase === 'reading' && progress.size === 0
  return report.findings.length > 0 || grows || report.version >= progress.facts.packets ? report.findings : undefined
}
