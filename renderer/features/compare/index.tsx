import { useEffect, useMemo, useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { Finding } from '../../../common/model/finding.ts'
import type { CaptureFacts, Comparison } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { OtherState } from '../../app/other-capture.ts'
import type { TimeRange } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCounted, formatDuration, formatSeconds } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { Found, FoundInBoth } from './found.tsx'
import { Numbers } from './numbers.tsx'
import './compare.css'

interface CompareProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
  /** The capture to compare with; without its state two times of the open one are compared. */
  readonly other: {
    readonly state: OtherState | undefined
    readonly choose: () => void
    readonly clear: () => void
  }
}

/** Two times of the capture side by side, or another capture and this one: what became better and what worse. */
export function Compare({ session, view, facts, version, other }: CompareProps): ReactNode {
  const range = useStore(view.store, (state) => state.range)
  const { firstTime, lastTime } = facts
  const times = useMemo(() => timesOf(range, firstTime, lastTime + 1), [range, firstTime, lastTime])
  const { state } = other
  const ready = state?.kind === 'ready' ? state : undefined
  const sides = ready ? captureSides(ready, session.name, range, lastTime - firstTime) : times
  // What another capture was measured by stays as it is.
  const key = state && !ready ? undefined : JSON.stringify([ready?.name, sides.a.range, sides.b.range, version])
  const answer = useAnswer(key, async () => ({
    sides,
    result: await (ready
      ? session.engine.compareWith(ready.side, range)
      : session.engine.compare(times.a.range, times.b.range)),
  }))
  return (
    <Pane
      title="Compare"
      waiting={key !== undefined && answer.key !== key}
      count={state && !ready ? state.name : `${sides.a.name} and ${sides.b.name}`}
      actions={
        <>
          {state && (
            <button type="button" className="button small" onClick={other.clear}>
              Times of this capture
            </button>
          )}
          <button type="button" className="button small" onClick={other.choose}>
            Another capture…
          </button>
        </>
      }
    >
      {state?.kind === 'failed' ? (
        <EmptyState
          tone="bad"
          title={`${state.name} could not be compared with`}
          actions={[{ title: 'Choose another', run: other.choose }]}
        >
          {state.reason}
        </EmptyState>
      ) : state?.kind === 'reading' ? (
        <p className="compare-reading" role="status">
          Reading {state.name}… {Math.round(state.share * 100)} %
        </p>
      ) : answer.value ? (
        <Compared
          {...answer.value}
          hint={ready || range ? '' : 'Select a time on the axis to compare it with what was before it'}
          onFinding={({ id }) => view.change({ list: 'findings', finding: id }, 'push')}
        />
      ) : (
        answer.error !== undefined && (
          <EmptyState tone="bad" title="These could not be compared">
            {answer.error}
          </EmptyState>
        )
      )}
    </Pane>
  )
}

interface ComparedProps {
  readonly result: Comparison
  readonly sides: Sides
  readonly hint: string
  readonly onFinding: (finding: Finding) => void
}

function Compared({ result, sides: { a, b, sameCapture }, hint, onFinding }: ComparedProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  // While the other capture was read there was nothing here that could keep the focus.
  useEffect(() => {
    if (document.activeElement === document.body) box.current?.focus()
  }, [])
  return (
    <div ref={box} className="compare" tabIndex={0} data-grid="compare" role="group" aria-label="Comparison">
      <div className="compare-parts">
        <div>
          <Found title={`Only in ${b.name}`} findings={result.findings.appeared} onFinding={onFinding} />
          <Found
            title={`Only in ${a.name}`}
            findings={result.findings.gone}
            // What the other capture shows can't be looked at in this one.
            onFinding={sameCapture ? onFinding : undefined}
          />
          {sameCapture ? (
            <Found title="In both" findings={result.findings.stayed.map((found) => found.b)} onFinding={onFinding} />
          ) : (
            <FoundInBoth names={[a.name, b.name]} stayed={result.findings.stayed} onFinding={onFinding} />
          )}
          {sameCapture ? (
            <p className="quiet">
              Findings are those of the capture that happened within a time, also in part.
              {result.b.omitted > 0 &&
                ` ${formatCounted(result.b.omitted, 'more', 'more')} of it did less harm and are not listed.`}
            </p>
          ) : (
            result.a.findings.length + result.b.findings.length === 0 && (
              <p className="quiet">Neither of the two shows any of the troubles that are looked for.</p>
            )
          )}
          {!sameCapture && result.a.omitted + result.b.omitted > 0 && (
            <p className="quiet">{notCompared(a.name, result.a.omitted, b.name, result.b.omitted)}</p>
          )}
        </div>
        <div className="compare-numbers">
          <dl className="compare-sides">
            {[
              { side: a, packets: result.a.packets },
              { side: b, packets: result.b.packets },
            ].map(({ side, packets }) => (
              <div key={side.name}>
                <dt>{capital(side.name)}</dt>
                <dd>
                  {side.time}, {formatCounted(packets, 'packet')}
                </dd>
              </div>
            ))}
          </dl>
          <Numbers result={result} names={[a.short, b.short]} />
          {hint !== '' && <p className="quiet">{hint}</p>}
        </div>
      </div>
    </div>
  )
}

/** Of each kind only the costliest are told, so a finding of one side may be among those that the other does not list. */
function notCompared(a: string, ofA: number, b: string, ofB: number): string {
  const parts = [
    ...(ofA > 0 ? [`${formatCounted(ofA, 'finding')} of ${a}`] : []),
    ...(ofB > 0 ? [`${formatCounted(ofB, 'finding')} of ${b}`] : []),
  ]
  return `Not compared: ${parts.join(' and ')} that did less harm. What is only in one may be among those of the other.`
}

interface Side {
  readonly name: string
  /** For the head of a column. */
  readonly short: string
  /** Its time, for the person. */
  readonly time: string
  readonly range?: TimeRange
}

interface Sides {
  readonly a: Side
  readonly b: Side
  readonly sameCapture: boolean
}

/** The selected time with what was before it, or after where nothing was before; without one the two halves. */
function timesOf(range: TimeRange | undefined, first: number, end: number) {
  const side = (name: string, short: string, from: number, to: number) => {
    const time = `${formatSeconds(from, 1)}–${formatSeconds(to, 1)} s`
    return { name, short, time, range: { from, to } }
  }
  const sameCapture = true
  if (!range || (range.from <= first && range.to >= end)) {
    const middle = Math.round((first + end) / 2)
    return {
      a: side('the first half', 'First half', first, middle),
      b: side('the second half', 'Second half', middle, end),
      sameCapture,
    }
  }
  const selected = side('the selected time', 'Selected', range.from, range.to)
  if (range.from > first) return { a: side('the time before', 'Before', first, range.from), b: selected, sameCapture }
  return { a: selected, b: side('the time after', 'After', range.to, end), sameCapture }
}

/** The other capture first: it is mostly the one from before. */
function captureSides(
  other: OtherState & { readonly kind: 'ready' },
  name: string,
  range: TimeRange | undefined,
  lengthNs: number,
): Sides {
  const same = other.name === name
  return {
    a: {
      name: same ? `the other ${name}` : other.name,
      short: same ? 'The other' : other.name,
      time: formatDuration(other.lengthNs),
    },
    b: range
      ? { name, short: name, time: `selected ${formatDuration(range.to - range.from)}`, range }
      : { name, short: name, time: formatDuration(lengthNs) },
    sameCapture: false,
  }
}

function capital(name: string): string {
  return name.startsWith('the ') ? name[0].toUpperCase() + name.slice(1) : name
}
