import { useState, type ReactNode } from 'react'
import type { CaptureFacts } from '../../../engine/engine.ts'
import { formatClock, formatCount } from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { Fact } from './fact.tsx'

interface RemarksProps {
  readonly remarks: NonNullable<CaptureFacts['interfaces'][number]['remarks']>
  readonly epochNs: string | undefined
}

/** How many are shown, and then how many more at a time: a file may have millions. */
const LATEST = 8
const MORE = 100

/** What was written about an interface while capturing, the latest; those before when asked for. */
export function Remarks({ remarks, epochNs }: RemarksProps): ReactNode {
  const zone = useZone()
  const [shown, setShown] = useState(LATEST)
  const before = Math.max(0, remarks.length - shown)
  const more = Math.min(before, MORE)
  return (
    <>
      {more > 0 && (
        <Fact name="">
          <button type="button" className="link" onClick={() => setShown(shown + more)}>
            Show {formatCount(more)} earlier{more < before && ` of ${formatCount(before)}`}
          </button>
        </Fact>
      )}
      {remarks.slice(before).map(({ time, text }, i) => (
        <Fact key={before + i} name={epochNs === undefined ? '' : formatClock(epochNs, time, zone, 0)}>
          <span className="about-path">{text}</span>
        </Fact>
      ))}
    </>
  )
}
