import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/icon-button.tsx'
import type { InterfaceFacts, PointLook, PointPlan, PointTarget } from '../../../common/model/live-capture.ts'
import type { Preflight, RungVerdict } from '../../../common/model/preflight.ts'

export type Look = PointLook | { readonly error: string } | 'looking'

export interface PointProps {
  readonly target: PointTarget
  /** Undefined while the cluster is asked. */
  readonly plan: PointPlan | undefined
  readonly look: Look | undefined
  readonly onInterface: (name: string) => void
  readonly onRemove: () => void
  readonly onCopy: (text: string) => void
}

/** One point: which way in was found, why not another, what will be made, and which interface. */
export function Point({ target, plan, look, onInterface, onRemove, onCopy }: PointProps): ReactNode {
  const name = target.kind === 'pod' ? `${target.namespace}/${target.pod}` : `node ${target.node}`
  const preflight = plan?.preflight
  const chosen = preflight?.rungs.find(({ rung }) => rung === preflight.chosen)
  const closed = preflight?.rungs.filter(({ passes }) => !passes) ?? []
  const state = !plan ? 'asking' : chosen ? 'open' : 'closed'
  return (
    <li className={`point ${state}`}>
      <header>
        <i className={`point-dot ${state}`} aria-hidden />
        <b title={name}>{name}</b>
        {preflight?.node && target.kind === 'pod' && <span className="quiet">on {preflight.node}</span>}
        <IconButton icon={X} size={12} label={`Do not capture ${name}`} title="Take it off" onClick={onRemove} />
      </header>
      {!plan && <p className="quiet">Asking the cluster what is allowed…</p>}
      {plan?.problem !== undefined && <p className="bad">{plan.problem}</p>}
      {chosen && <p>{chosen.sentence}</p>}
      {preflight && !chosen && <p className="bad">{noWay(preflight)}</p>}
      {preflight?.circumstances.map((text) => (
        <p key={text} className="quiet">
          {text}
        </p>
      ))}
      {preflight && closed.length + preflight.notes.length > 0 && (
        <WhyNot rungs={closed} notes={preflight.notes} open={!chosen} onCopy={onCopy} />
      )}
      {chosen && <InterfaceChoice name={name} look={look} chosen={target.interface ?? ''} onChoose={onInterface} />}
    </li>
  )
}

/** What is in the way first of all, and what to do; the rest is below it. */
function noWay({ rungs }: Preflight): string {
  if (rungs.some(({ missing }) => missing.length > 0)) return 'There is no way to capture here with these rights.'
  if (rungs.some(({ rung, sentence }) => rung === 'node-pod' && sentence.includes('violates PodSecurity')))
    return 'The cluster would refuse every container that can capture here. A way through the node opens with a namespace for pods on nodes that enforces “privileged”: name one below, under Image.'
  return 'There is no way to capture here: the cluster would refuse it, or it could not work.'
}

interface WhyNotProps {
  readonly rungs: readonly RungVerdict[]
  readonly notes: readonly string[]
  readonly open: boolean
  readonly onCopy: (text: string) => void
}

/** The ways that are closed, least privileged first, and the rule that would open each. */
function WhyNot({ rungs, notes, open, onCopy }: WhyNotProps): ReactNode {
  return (
    <details open={open}>
      <summary>{open ? 'Why not' : rungs.length > 0 ? 'Why not another way' : 'More about it'}</summary>
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
      <ul>
        {withSameReason(rungs).map(({ names, sentence, rbacRule }) => (
          <li key={sentence}>
            <span className="point-rung">{names}:</span> {sentence}
            {rbacRule !== undefined && (
              <>
                <p className="quiet">
                  These rules in a Role bound to you would open it:{' '}
                  <button type="button" className="link" onClick={() => onCopy(rbacRule)}>
                    Copy
                  </button>
                </p>
                <pre tabIndex={0} aria-label={`Rules that would open: ${names}`}>
                  {rbacRule.trimEnd()}
                </pre>
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Ways that are closed for the same reason are told as one. */
function withSameReason(rungs: readonly RungVerdict[]) {
  const told = new Map<string, { readonly names: string; readonly sentence: string; readonly rbacRule?: string }>()
  for (const { rung, sentence, rbacRule } of rungs) {
    const before = told.get(sentence)
    const names = before ? `${before.names}, also ${LOWER_NAMES[rung]}` : RUNG_NAMES[rung]
    told.set(sentence, { names, sentence, ...(rbacRule === undefined ? {} : { rbacRule }) })
  }
  return [...told.values()]
}

const RUNG_NAMES: Readonly<Record<RungVerdict['rung'], string>> = {
  'ephemeral-container': 'Container in the pod',
  'ephemeral-container-net-raw': 'Container in the pod with NET_RAW',
  'node-pod': 'Privileged pod on the node',
  'node-network': 'Pod on the network of the node',
}
const LOWER_NAMES: typeof RUNG_NAMES = {
  ...RUNG_NAMES,
  'ephemeral-container-net-raw': 'with NET_RAW',
}

interface InterfaceChoiceProps {
  readonly name: string
  readonly look: Look | undefined
  readonly chosen: string
  readonly onChoose: (name: string) => void
}

function InterfaceChoice({ name, look, chosen, onChoose }: InterfaceChoiceProps): ReactNode {
  if (look === 'looking') return <p className="quiet">Reading its interfaces…</p>
  if (look && 'error' in look) return <p className="bad">{look.error}</p>
  const interfaces: readonly InterfaceFacts[] = look?.interfaces ?? []
  const isKnown = chosen === '' || chosen === look?.chosen || interfaces.some((one) => one.name === chosen)
  return (
    <label className="point-interface">
      Interface
      <select
        className="field"
        aria-label={`Interface of ${name}`}
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
      >
        <option value="">{look?.chosen ? `${look.chosen} (its own)` : 'eth0, or the first that is up'}</option>
        {!isKnown && <option value={chosen}>{look ? `${chosen} (not there)` : chosen}</option>}
        {interfaces
          .filter((one) => one.name !== look?.chosen)
          .map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
              {one.up ? '' : ' (down)'}
            </option>
          ))}
      </select>
    </label>
  )
}
