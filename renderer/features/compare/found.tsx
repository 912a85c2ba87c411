import { useEffect, useRef, useState, type ReactNode } from 'react'
import { type Finding, unbroken } from '../../../common/model/finding.ts'
import type { Comparison } from '../../../engine/engine.ts'
import { formatCount } from '../../components/format.ts'

interface FoundProps {
  readonly title: string
  readonly findings: readonly Finding[]
  /** Where they can be looked at. */
  readonly onFinding: ((finding: Finding) => void) | undefined
}

/** What was found on one side, or on both at once. */
export function Found({ title, findings, onFinding }: FoundProps): ReactNode {
  return (
    <Costliest title={title} of={findings}>
      {(finding) => (
        <>
          <FindingTitle finding={finding} onFinding={onFinding} /> {unbroken(finding.sentence)}
        </>
      )}
    </Costliest>
  )
}

interface FoundInBothProps {
  readonly names: readonly [string, string]
  readonly stayed: Comparison['findings']['stayed']
  readonly onFinding: (finding: Finding) => void
}

/** The same trouble of the same ends in two captures: its words from each. */
export function FoundInBoth({ names, stayed, onFinding }: FoundInBothProps): ReactNode {
  return (
    <Costliest title="In both" of={stayed}>
      {({ a, b }) => (
        <>
          <FindingTitle finding={b} onFinding={onFinding} />
          <dl>
            <dt>{names[0]}</dt>
            <dd>{unbroken(a.sentence)}</dd>
            <dt>{names[1]}</dt>
            <dd>{unbroken(b.sentence)}</dd>
          </dl>
        </>
      )}
    </Costliest>
  )
}

/** As many as can be compared by eye; what else differs stands below them. */
const SHOWN = 8

interface CostliestProps<Each> {
  readonly title: string
  /** The costliest first. */
  readonly of: readonly Each[]
  readonly children: (each: Each) => ReactNode
}

function Costliest<Each>({ title, of, children }: CostliestProps<Each>): ReactNode {
  const [all, setAll] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  // The button is gone; what it has brought is where one reads on.
  useEffect(() => {
    const next = all ? list.current?.children[SHOWN] : undefined
    if (next instanceof HTMLElement) next.focus()
  }, [all])
  if (of.length === 0) return undefined
  const shown = all ? of : of.slice(0, SHOWN)
  return (
    <section>
      <h3>{title}</h3>
      <ul ref={list}>
        {shown.map((each, i) => (
          <li key={i} tabIndex={-1}>
            {children(each)}
          </li>
        ))}
      </ul>
      {shown.length < of.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          Show {formatCount(of.length - SHOWN)} more
        </button>
      )}
    </section>
  )
}

function FindingTitle({
  finding,
  onFinding,
}: {
  readonly finding: Finding
  readonly onFinding: FoundProps['onFinding']
}) {
  if (!onFinding) return <strong>{finding.title}</strong>
  return (
    <button type="button" className="link" onClick={() => onFinding(finding)}>
      {finding.title}
    </button>
  )
}
