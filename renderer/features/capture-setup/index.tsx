import { useRef, useState, type FormEvent, type ReactNode } from 'react'
import type { CapturingSection, ClustersSection } from '../../../common/contract.ts'
import type { CaptureOrder, LiveCapture, PointPlan, PointTarget } from '../../../common/model/live-capture.ts'
import { formatCounted } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import { FilterBuilder } from './filter-builder.tsx'
import {
  DEFAULT_SETUP,
  DURATIONS,
  isOpen,
  keyOfPoint,
  onInterface,
  orderOf,
  SNAP_LENGTHS,
  whyNotReady,
  type CaptureDraft,
  type Setup,
} from './order.ts'
import { PlaceSettings } from './place-settings.tsx'
import { Point } from './points.tsx'
import { MOST_LOOKS, usePointPlans } from './use-point-plans.ts'
import './capture-setup.css'

export interface CaptureSetupProps {
  readonly clusters: Pick<ClustersSection, 'captureSettings' | 'changeCaptureSettings'>
  readonly capturing: Pick<CapturingSection, 'plan' | 'look'>
  readonly draft: CaptureDraft
  readonly onDraft: (draft: CaptureDraft) => void
  /** Pods of a selector: "app=web". */
  readonly onSelector: (selector: string) => number
  readonly onRemove: (target: PointTarget) => void
  readonly onClose: () => void
  /** Over the points: what became of those before. */
  readonly children?: ReactNode
  readonly onCopy: (text: string) => void
  /** Addresses of a point, and of a pod or service by name. */
  readonly addressesOfPoint: (target: PointTarget) => readonly string[]
  readonly addressesOf: (name: string) => readonly string[]
  readonly onStart: (order: CaptureOrder) => void
  /** The capture that was started here, while it gets ready, or why it failed. */
  readonly starting: LiveCapture | undefined
  readonly startProblem: string | undefined
  readonly onStop: (id: string) => void
}

/** What will be captured, how, and what that creates in the cluster; nothing is done before the last button. */
export function CaptureSetup(props: CaptureSetupProps): ReactNode {
  const { clusters, capturing, draft } = props
  const { context, targets: points, follow } = draft
  const setup = draft.setup ?? DEFAULT_SETUP
  const { filter } = setup
  const { settings, setSettings, plans, looks, look, checkedFilter, filterProblem } = usePointPlans({
    clusters,
    capturing,
    context,
    points,
    filter,
  })
  const created = useRef<HTMLElement>(null)
  const [pressed, setPressed] = useState<{ readonly after: string | undefined }>()
  const change = (part: Partial<Setup>) => props.onDraft({ ...draft, setup: { ...setup, ...part } })

  const known = points.map((target) => plans.get(keyOfPoint(target)))
  const complete = known.every((plan) => plan !== undefined)
  const all = complete ? known.flatMap((plan) => plan ?? []) : undefined
  const open = known.flatMap((plan) => (plan && isOpen(plan) ? [plan] : []))
  const creating = open.filter(({ creates }) => creates !== undefined)
  const why = whyNotReady(setup, all)

  // From the press on, until the capture is shown instead of this or has failed.
  const { starting, startProblem } = props
  const isNew = pressed !== undefined && starting?.id !== pressed.after
  const asked = pressed !== undefined && startProblem === undefined && (!isNew || starting?.endedAt === undefined)
  const busy = starting?.state === 'preparing' || asked

  function start(event: FormEvent): void {
    event.preventDefault()
    if (why !== undefined || !all || busy) return
    setPressed({ after: starting?.id })
    props.onStart(orderOf(draft, setup, all))
  }

  const snap = SNAP_LENGTHS.find(({ bytes }) => bytes === setup.snapLength)
  return (
    <Pane
      title="Capture"
      actions={
        <button type="button" className="button small" onClick={props.onClose}>
          Clear
        </button>
      }
    >
      <form className="capture-setup" onSubmit={start}>
        <section aria-label="Points">
          {props.children}
          <ul>
            {points.map((target) => {
              const key = keyOfPoint(target)
              return (
                <Point
                  key={key}
                  target={target}
                  plan={plans.get(key)}
                  look={looks.get(key)}
                  onInterface={(name) =>
                    props.onDraft({
                      ...draft,
                      targets: points.map((one) => (one === target ? onInterface(one, name) : one)),
                    })
                  }
                  onRemove={() => props.onRemove(target)}
                  onCopy={props.onCopy}
                />
              )
            })}
          </ul>
          <Selector onSelector={props.onSelector} />
          {follow && (
            <label className="later">
              <input
                type="checkbox"
                checked={setup.later}
                onChange={(event) => change({ later: event.target.checked })}
              />
              Also pods with <span className="mono">{follow.labels}</span> in {follow.namespace} that come later
            </label>
          )}
        </section>
        <section aria-label="Filter">
          <h3>Filter</h3>
          <FilterBuilder
            points={points.map(props.addressesOfPoint)}
            addressesOf={props.addressesOf}
            filter={filter}
            onFilter={(text) => change({ filter: text })}
            problem={filterProblem}
            checked={checkedFilter === filter}
          />
          {creating.length > 0 && creating.length <= MOST_LOOKS && (
            <p className="quiet">
              <button
                type="button"
                className="link"
                onClick={() =>
                  look(
                    creating.map(({ target }) => target),
                    filter,
                  )
                }
              >
                Read interfaces and check the filter there now
              </button>{' '}
              This creates what is listed below; without it both happen when the capture starts.
            </p>
          )}
        </section>
        <section aria-label="How much">
          <h3>Bytes of each packet</h3>
          <div className="choices" role="radiogroup" aria-label="Bytes of each packet">
            {SNAP_LENGTHS.map(({ bytes, title: name }) => (
              <label key={bytes}>
                <input
                  type="radio"
                  name="snap"
                  checked={setup.snapLength === bytes}
                  onChange={() => change({ snapLength: bytes })}
                />
                {name}
              </label>
            ))}
          </div>
          <p className="quiet">{snap?.about ?? `${setup.snapLength} bytes of each packet.`}</p>
          <div className="limits">
            <label>
              Ends after
              <select
                className="field"
                value={setup.duration ?? ''}
                onChange={(event) =>
                  change({ duration: event.target.value === '' ? undefined : Number(event.target.value) })
                }
              >
                {DURATIONS.map(({ seconds, title: name }) => (
                  <option key={name} value={seconds ?? ''}>
                    {name}
                  </option>
                ))}
                {!DURATIONS.some(({ seconds }) => seconds === setup.duration) && (
                  <option value={setup.duration}>{setup.duration} seconds</option>
                )}
              </select>
            </label>
            <label>
              or megabytes
              <input
                type="text"
                inputMode="numeric"
                className="field"
                placeholder="no limit"
                value={setup.megabytes}
                onChange={(event) => change({ megabytes: event.target.value })}
              />
            </label>
            <label>
              or packets a point
              <input
                type="text"
                inputMode="numeric"
                className="field"
                placeholder="no limit"
                value={setup.packets}
                onChange={(event) => change({ packets: event.target.value })}
              />
            </label>
          </div>
          <PlaceSettings
            context={context}
            settings={settings}
            onChange={(part) => {
              clusters.changeCaptureSettings(context, part).then(setSettings, () => undefined)
            }}
          />
        </section>
        <section ref={created} aria-label="What is created" className="creates">
          <h3>What this creates in {context}</h3>
          <Creates plans={open} complete={complete} />
        </section>
        <div className="start-capture">
          {startProblem !== undefined && (
            <p className="bad" role="alert">
              {startProblem}
            </p>
          )}
          {starting && <Starting capture={starting} />}
          <button type="submit" className="button primary" aria-disabled={busy || why !== undefined}>
            {busy ? 'Starting…' : startText(points.length, open.length, creating.length)}
          </button>
          {starting?.state === 'preparing' && (
            <button type="button" className="button" onClick={() => props.onStop(starting.id)}>
              Cancel
            </button>
          )}
          {why !== undefined ? (
            <span className="quiet">{why}</span>
          ) : (
            creating.length > 0 &&
            !busy && (
              <button type="button" className="link" onClick={() => created.current?.scrollIntoView()}>
                Creates {formatCounted(creating.length, 'container')}
              </button>
            )
          )}
        </div>
      </form>
    </Pane>
  )
}

function startText(all: number, open: number, made: number): string {
  const what = open < all && open > 0 ? `the ${open} that can be` : ''
  return made > 0 ? `Create and capture ${what}`.trim() : `Capture ${what}`.trim()
}

function Selector({ onSelector }: { readonly onSelector: (selector: string) => number }): ReactNode {
  const [text, setText] = useState('')
  const [found, setFound] = useState<number>()
  const add = () => {
    if (text.trim() === '') return
    const count = onSelector(text)
    setFound(count)
    if (count > 0) setText('')
  }
  return (
    <div className="selector">
      <input
        type="text"
        className="field"
        aria-label="Add pods by label or address"
        placeholder="Add by label, name or address: app=web"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          add()
        }}
      />
      <button type="button" className="button" disabled={text.trim() === ''} onClick={add}>
        Add
      </button>
      {found !== undefined && (
        <span className="quiet" role="status">
          {found === 0 ? 'No running pod that is listed has it.' : `${formatCounted(found, 'pod')} added.`}
        </span>
      )}
    </div>
  )
}

function Creates({ plans, complete }: { readonly plans: readonly PointPlan[]; readonly complete: boolean }): ReactNode {
  if (!complete) return <p className="quiet">Asking the cluster what is allowed…</p>
  if (plans.length === 0) return <p className="quiet">Nothing: no point can be captured.</p>
  const made = plans.filter(({ creates }) => creates !== undefined)
  return (
    <>
      {made.length === 0 && <p>Nothing: capture containers of ours run there already and are used again.</p>}
      <ul>
        {made.map(({ target, creates, manifest }) => (
          <li key={keyOfPoint(target)}>
            {creates}
            <details>
              <summary>As it is sent</summary>
              <pre tabIndex={0} aria-label="What is sent to the API server">
                {manifest}
              </pre>
            </details>
          </li>
        ))}
      </ul>
      <p className="quiet">
        Nothing is installed. If this machine goes away, capturing ends by itself within a minute, and the container
        within ten.
      </p>
    </>
  )
}

function Starting({ capture }: { readonly capture: LiveCapture }): ReactNode {
  if (capture.state === 'failed') {
    return (
      <p className="bad" role="alert">
        {capture.packets > 0 ? 'It ended early' : 'It could not be started'}: {capture.message}
      </p>
    )
  }
  if (capture.state !== 'preparing') return undefined
  return (
    <div className="starting" role="status">
      <ul>
        {capture.points.map((point) => (
          <li key={point.id}>
            {point.pod ?? point.node}:{' '}
            {point.message ?? (point.state === 'preparing' ? 'what it needs is made' : point.state)}
          </li>
        ))}
      </ul>
    </div>
  )
}

export { draftOf, keyOfPoint, type CaptureDraft } from './order.ts'
