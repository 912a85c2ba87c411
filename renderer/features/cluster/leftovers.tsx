import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { LeftoverRow, SweepReport } from '../../../common/model/live-capture.ts'
import { ageText, useNow } from '../../components/age.ts'
import { Confirm } from '../../components/confirm.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCounted, formatTimeOfDay, type Zone } from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { Pane } from '../../components/pane.tsx'
import './leftovers.css'

export interface LeftoversProps {
  /** The context that is looked at. */
  readonly context: string | undefined
  readonly reports: readonly SweepReport[]
  readonly onFind: (context: string) => void
  readonly onRemove: (context: string) => void
}

/** What Hopscope made in clusters and is still there. */
export function Leftovers({ context, reports, onFind, onRemove }: LeftoversProps): ReactNode {
  const zone = useZone()
  const now = useNow(10_000)
  const [asking, setAsking] = useState<SweepReport>()
  const known = reports.some((report) => report.context === context)
  const removables = reports.reduce((sum, report) => sum + removable(report), 0)
  const page = useRef<HTMLDivElement>(null)
  // The button that was pressed goes when there is nothing more for it to do.
  useEffect(() => {
    if (document.activeElement === document.body) page.current?.querySelector('button')?.focus()
  }, [known, removables])
  return (
    <Pane title="Left behind">
      <div ref={page} className="leftovers">
        <p className="leftovers-about">
          Everything Hopscope creates is written down on this machine before it is created. What still runs or takes
          room is listed here, found by that ledger and by label. Removing deletes a pod and ends an ephemeral
          container. An ended one stays in its pod's list, not running, until the pod is deleted: Kubernetes has no way
          to take it off.
        </p>
        {context !== undefined && !known && (
          <EmptyState
            title={`${context} was not looked through yet`}
            actions={[{ title: 'See what is left', run: () => onFind(context) }]}
          >
            This machine's ledger names nothing in it. Others may have left something, or another machine.
          </EmptyState>
        )}
        {reports.map((report) => (
          <section key={report.context} aria-label={`Left in ${report.context}`}>
            <header>
              <h3>{report.context}</h3>
              <span className="leftovers-state" role="status">
                {stateText(report, zone)}
              </span>
              <button
                type="button"
                className="button small"
                aria-disabled={isBusy(report)}
                onClick={() => !isBusy(report) && onFind(report.context)}
              >
                {report.lookedIn === 'ledger' ? 'See what is left' : 'Look again'}
              </button>
              {removable(report) > 0 && (
                <button type="button" className="button small" onClick={() => setAsking(report)}>
                  Remove what is ours
                </button>
              )}
            </header>
            {report.problem !== undefined && <p className="leftovers-bad">{report.problem}</p>}
            {report.lookedIn === 'ledger' && report.state === 'done' && (
              <p>
                Only what this machine's ledger names was asked for. Others may have left something, or another machine.
              </p>
            )}
            {report.notes.map((note) => (
              <p key={note}>{note}</p>
            ))}
            {report.leftovers.length > 0 && (
              <table>
                <thead>
                  <tr>
                    <th>What</th>
                    <th>Where</th>
                    <th>Made by</th>
                    <th>Age</th>
                    <th>Removing</th>
                  </tr>
                </thead>
                <tbody>
                  {report.leftovers.map((one) => (
                    <tr key={one.key}>
                      <td>{one.kind === 'pod' ? 'pod' : `ephemeral container ${one.container}`}</td>
                      <td className="mono">
                        {one.namespace}/{one.pod}
                      </td>
                      <td>{one.createdBy ?? (one.ours ? 'this machine' : 'unknown')}</td>
                      <td>{one.createdAt === undefined ? '' : ageText(now - one.createdAt)}</td>
                      <td>{fateText(one)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            {report.removed.length > 0 && (
              <>
                <p>Deleted or ended:</p>
                <ul>
                  {report.removed.map((text) => (
                    <li key={text}>{text}</li>
                  ))}
                </ul>
              </>
            )}
            {report.kept.map((text) => (
              <p key={text} className="leftovers-bad">
                Kept {text}
              </p>
            ))}
          </section>
        ))}
      </div>
      {asking && (
        <Confirm
          title={`Remove what is left in ${asking.context}`}
          action="Remove"
          onConfirm={() => onRemove(asking.context)}
          onClose={() => setAsking(undefined)}
        >
          Pods are deleted, capture containers are ended: {formatCounted(removable(asking), 'thing')} made by you or
          from this machine. Packets that an interrupted capture has not fetched yet are lost with them. What a running
          capture uses, and what others made, stays.
        </Confirm>
      )}
    </Pane>
  )
}

const removable = ({ leftovers }: SweepReport) => leftovers.filter(({ ours, inUse }) => ours && !inUse).length

/** What becomes of it when what is ours is removed. */
function fateText({ kind, inUse, ours, createdBy }: LeftoverRow): string {
  if (inUse) return 'keeps it: in use by a capture'
  if (ours) return kind === 'pod' ? 'deletes it' : 'ends it'
  return createdBy === undefined
    ? "keeps it: this cluster can't say whether it is yours"
    : "keeps it: it is someone else's"
}

const isBusy = ({ state }: SweepReport) => state === 'asking' || state === 'removing'

function stateText({ state, lookedIn, leftovers, at }: SweepReport, zone: Zone): string {
  switch (state) {
    case 'asking':
      return 'looking…'
    case 'removing':
      return 'removing…'
    case 'failed':
      return 'could not be looked through'
    case 'done': {
      const what = leftovers.length === 0 ? 'nothing is left' : `${formatCounted(leftovers.length, 'thing')} left`
      const whose = lookedIn === 'ledger' ? ' of what this machine made' : ''
      return `${what}${whose} (looked at ${formatTimeOfDay(at, zone)})`
    }
  }
}
