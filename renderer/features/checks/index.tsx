import { useState, type ReactNode } from 'react'
import { CHECKS, type Check, type CheckResult, type CheckTarget } from '../../../common/model/check.ts'
import { Dialog } from '../../components/dialog.tsx'
import { formatCounted } from '../../components/format.ts'
import { noteText } from './note-text.ts'
import './checks.css'

export interface RunChecksProps {
  readonly target: CheckTarget
  /** "web-1", "node node-a" */
  readonly name: string
  readonly run: (target: CheckTarget, checks: readonly Check[]) => Promise<readonly CheckResult[]>
  /** The capture that the output can be kept with; undefined when none of the host's is open. */
  readonly capture: string | undefined
  readonly onKeep: (text: string, at: number) => Promise<void>
  readonly onCopy: (text: string) => void
  readonly onClose: () => void
}

const ABOUT: Readonly<Record<Check, string>> = {
  'ip a': 'interfaces and their addresses',
  'ip r': 'routes',
  'ss -tin': 'TCP connections: round-trip times, windows, retransmissions as the kernel counts them',
  'conntrack -S': 'connection tracking: entries that could not be made or were dropped',
  nstat: 'the kernel’s counters since its start',
}

/** Runs commands that only read, beside the packets, and keeps what they say. */
export function RunChecks({ target, name, run, capture, onKeep, onCopy, onClose }: RunChecksProps): ReactNode {
  const [chosen, setChosen] = useState<readonly Check[]>(CHECKS)
  const [keep, setKeep] = useState(true)
  const [running, setRunning] = useState(false)
  const [results, setResults] = useState<readonly CheckResult[]>()
  const [kept, setKept] = useState<string>()
  const [problem, setProblem] = useState<string>()

  async function start(at: CheckTarget, checks: readonly Check[]): Promise<void> {
    if (running) return
    setRunning(true)
    setProblem(undefined)
    setKept(undefined)
    try {
      const found = await run(at, checks)
      // What was missing before takes the place of that word; the rest stays.
      setResults((before) => [...(before ?? []).filter((one) => !checks.includes(one.check)), ...found])
      if (keep && capture !== undefined) {
        const said = found.filter(({ missing }) => !missing)
        for (const one of said) await onKeep(noteText(one), one.at)
        if (said.length > 0) setKept(`Kept as ${formatCounted(said.length, 'note')} of ${capture}`)
      }
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setRunning(false)
  }

  const missing = (results ?? []).filter((one) => one.missing).map(({ check }) => check)
  const shown = results?.toSorted((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check))
  return (
    <Dialog
      title={`Checks ${target.kind === 'node' ? 'on' : 'in'} ${name}`}
      className="checks"
      onClose={onClose}
      problem={problem}
      status={running ? 'Running' : kept}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          {missing.length > 0 && target.kind === 'container' && (
            <button
              type="button"
              className="button"
              aria-disabled={running}
              title="Adds an ephemeral container to the pod, which stays listed in it until the pod is deleted"
              onClick={() => void start({ ...target, kind: 'debug-container' }, missing)}
            >
              Run what is missing in a debug container
            </button>
          )}
          <button
            type="button"
            className="button primary"
            data-first-focus
            disabled={chosen.length === 0}
            aria-disabled={running}
            onClick={() => void start(target, chosen)}
          >
            {results ? 'Run again' : 'Run'}
          </button>
        </>
      }
    >
      <fieldset disabled={running}>
        {CHECKS.map((check) => (
          <label key={check}>
            <input
              type="checkbox"
              checked={chosen.includes(check)}
              onChange={(event) =>
                setChosen(CHECKS.filter((one) => (one === check ? event.target.checked : chosen.includes(one))))
              }
            />
            <code>{check}</code>
            <small>{ABOUT[check]}</small>
          </label>
        ))}
        {capture !== undefined && (
          <label className="checks-keep">
            <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.target.checked)} />
            <span>Keep what they say as notes of {capture}</span>
          </label>
        )}
      </fieldset>
      {target.kind === 'node' && (
        <p className="quiet">A privileged pod is made on the node for it, and removed right after.</p>
      )}
      {shown && (
        <div className="checks-results" tabIndex={0} role="group" aria-label="What they say">
          {shown.map((one) => (
            <section key={one.check} aria-label={one.check}>
              <h3>
                <code>{one.command}</code> {one.where}
                <button type="button" className="link" onClick={() => onCopy(noteText(one, Infinity))}>
                  Copy
                </button>
              </h3>
              {one.problem !== undefined && <p className="dialog-problem">{one.problem}</p>}
              {one.output !== '' && <pre>{one.output}</pre>}
              {one.output === '' && one.problem === undefined && <p className="quiet">It says nothing.</p>}
            </section>
          ))}
        </div>
      )}
    </Dialog>
  )
}
