import { Clock, Copy, Download, ExternalLink, ListFilter, SquareTerminal } from 'lucide-react'
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { type Finding, type FindingsReport, unbroken } from '../../../common/model/finding.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import {
  formatClock,
  formatCount,
  formatCounted,
  formatDuration,
  formatMilliseconds,
  formatSeconds,
  formatZone,
} from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { Pane } from '../../components/pane.tsx'
import { countText, searched } from './search.ts'
import './findings.css'

export interface FindingsProps {
  /** Undefined until the rules have run once. */
  readonly report: FindingsReport | undefined
  /** Nanoseconds since 1970 at which the capture begins. */
  readonly epochNs: string | undefined
  /** Why they could not. */
  readonly error: string | undefined
  readonly waiting: boolean
  readonly search: string
  readonly onSearch: (search: string) => void
  /** The capture is still being read. */
  readonly reading: boolean
  /** Id of the finding that is looked at. */
  readonly chosen: string | undefined
  readonly onChoose: (finding: Finding) => void
  /** Shows its packets: on the time axis and in the lists below. */
  readonly onShow: (finding: Finding) => void
  /** Selects the time it happened in. */
  readonly onTime: (finding: Finding) => void
  readonly onPacket: (row: number) => void
  readonly onConversations: () => void
  readonly onCopy: (text: string) => void
  /** Copies what shows its packets in a terminal. */
  readonly onCopyCommand: (finding: Finding) => void
  /** Saves its packets. */
  readonly onExport: (finding: Finding) => void
  /** Saves all of it as a document. */
  readonly onReport: () => void
}

/** As many are read without searching. */
const FEW = 8

/** What the capture shows, most costly first; at the side why it is believed and what to do about it. */
export function Findings(props: FindingsProps): ReactNode {
  const { report, error, waiting, reading, chosen, search, onChoose, onShow } = props
  const list = useRef<HTMLDivElement>(null)
  const findings = searched(report?.findings ?? [], search)
  const artefacts = searched(report?.artefacts ?? [], search)
  const all = [...findings, ...artefacts]
  const listed = report ? report.findings.length + report.artefacts.length : 0
  const frameNumber = useFrameNumber()
  const shown = all.find(({ id }) => id === chosen) ?? all[0]
  const worst = Math.max(1, ...findings.map(({ costMs }) => costMs))

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [shown?.id])

  function onKeyDown(event: KeyboardEvent): void {
    const at = shown ? all.indexOf(shown) : -1
    const next =
      event.key === 'ArrowDown'
        ? all[at + 1]
        : event.key === 'ArrowUp'
          ? all[at - 1]
          : event.key === 'Home'
            ? all[0]
            : event.key === 'End'
              ? all.at(-1)
              : undefined
    if (next) onChoose(next)
    else if (event.key === 'Enter' && shown) onShow(shown)
    else return
    event.preventDefault()
  }

  return (
    <Pane
      title="Findings"
      waiting={waiting}
      count={report && countText(report, findings.length)}
      actions={
        listed > 0 && (
          <>
            {(listed > FEW || search !== '') && (
              <input
                type="search"
                className="field findings-search"
                aria-label="Search findings"
                placeholder="Search"
                value={search}
                onChange={(event) => props.onSearch(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
                  event.preventDefault()
                  list.current?.focus()
                }}
              />
            )}
            <button type="button" className="button small" onClick={props.onReport}>
              <Download size={12} aria-hidden /> Save report
            </button>
          </>
        )
      }
    >
      {listed > 0 && all.length === 0 ? (
        <EmptyState
          title={`None of ${formatCounted(listed, 'finding')} has “${search.trim()}”`}
          actions={[{ title: 'Show all', run: () => props.onSearch('') }]}
        />
      ) : !report || all.length === 0 ? (
        <Nothing report={report} error={error} reading={reading} onConversations={props.onConversations} />
      ) : (
        <div className="findings">
          <div
            ref={list}
            className="findings-list"
            role="listbox"
            aria-label="Findings"
            tabIndex={0}
            data-grid="findings"
            aria-activedescendant={shown && optionId(shown)}
            onKeyDown={onKeyDown}
            onCopy={(event) => {
              if (!shown || getSelection()?.isCollapsed === false) return
              event.preventDefault()
              props.onCopy(storyText(shown, frameNumber))
            }}
          >
            {findings.map((finding) => (
              <Line key={finding.id} finding={finding} worst={worst} selected={finding === shown} {...props} />
            ))}
            {artefacts.map((finding) => (
              <Line key={finding.id} finding={finding} worst={worst} selected={finding === shown} {...props} />
            ))}
          </div>
          {shown && <Story finding={shown} {...props} />}
        </div>
      )}
    </Pane>
  )
}

const optionId = ({ id }: Finding) => `finding-${id.replaceAll(/\W+/g, '-')}`

interface LineProps extends Pick<FindingsProps, 'onChoose' | 'onShow'> {
  readonly finding: Finding
  readonly worst: number
  readonly selected: boolean
}

function Line({ finding, worst, selected, onChoose, onShow }: LineProps): ReactNode {
  const { title, severity, costMs, failed, sentence } = finding
  return (
    <div
      id={optionId(finding)}
      className={`finding severity-${severity}`}
      role="option"
      aria-selected={selected}
      title={sentence}
      onClick={() => onChoose(finding)}
      onDoubleClick={() => onShow(finding)}
    >
      <span className="finding-cost">
        {severity === 'note' ? '' : costMs > 0 ? formatMilliseconds(costMs) : '–'}
        {failed !== undefined && <small>{formatCount(failed)} failed</small>}
        {costMs > 0 && <i aria-hidden style={{ inlineSize: `${Math.max(2, (costMs / worst) * 100)}%` }} />}
      </span>
      <span className="finding-title">
        <b>{title}</b>
        <span>{sentence}</span>
      </span>
    </div>
  )
}

interface StoryProps extends Pick<
  FindingsProps,
  'epochNs' | 'onShow' | 'onTime' | 'onPacket' | 'onCopy' | 'onCopyCommand' | 'onExport'
> {
  readonly finding: Finding
}

/** One finding in full. */
function Story({ finding, epochNs, onShow, onTime, onPacket, onCopy, onCopyCommand, onExport }: StoryProps): ReactNode {
  const zone = useZone()
  const frameNumber = useFrameNumber()
  const { title, sentence, why, confidence, since, until, blamed, evidence, ruledOut, settle, confirm, source } =
    finding
  return (
    <article className="story" aria-label={title} tabIndex={0}>
      <h3>{title}</h3>
      <p className="story-sentence">{unbroken(sentence)}</p>
      <div className="story-actions">
        <button type="button" className="button primary small" onClick={() => onShow(finding)}>
          <ListFilter size={12} aria-hidden /> Show the packets
        </button>
        <button type="button" className="button small" onClick={() => onTime(finding)}>
          <Clock size={12} aria-hidden /> Select the time
        </button>
        <button type="button" className="button small" onClick={() => onCopy(storyText(finding, frameNumber))}>
          <Copy size={12} aria-hidden /> Copy
        </button>
        <button type="button" className="button small" onClick={() => onCopyCommand(finding)}>
          <SquareTerminal size={12} aria-hidden /> Copy as tshark
        </button>
        {evidence.length > 0 && (
          <button type="button" className="button small" onClick={() => onExport(finding)}>
            <Download size={12} aria-hidden /> Export evidence…
          </button>
        )}
      </div>
      <dl>
        <Part name="Why">{unbroken(why)}</Part>
        <Part name="To blame">{unbroken(blamed)}</Part>
        <Part name="When">
          {epochNs !== undefined && `${formatClock(epochNs, since, zone, 3)} ${formatZone(epochNs, since, zone)}, `}
          {formatSeconds(since, 3)} s after the first packet
          {until > since && `, for ${formatDuration(until - since)}`}
        </Part>
        {evidence.length > 0 && (
          <Part name="Packets">
            <ol className="story-evidence" aria-label="Evidence">
              {evidence.map(({ row, role }) => (
                <li key={`${row} ${role}`}>
                  <button type="button" className="link" onClick={() => onPacket(row)}>
                    {frameNumber(row)} {role}
                  </button>
                </li>
              ))}
            </ol>
          </Part>
        )}
        <Part name="How sure">{sureText(confidence)}</Part>
        {ruledOut.length > 0 && (
          <Part name="Ruled out">
            {ruledOut.map((each) => (
              <span key={each} className="story-line">
                {each}
              </span>
            ))}
          </Part>
        )}
        {settle !== undefined && <Part name="Would settle it">{settle}</Part>}
        {confirm.length > 0 && (
          <Part name="To confirm">
            {confirm.map(({ command, about }) => (
              <span key={command} className="story-line">
                <button
                  type="button"
                  className="story-command"
                  title="Copy this command"
                  onClick={() => onCopy(command)}
                >
                  <code>{command}</code>
                  <Copy size={11} aria-hidden />
                </button>
                {about}
              </span>
            ))}
          </Part>
        )}
        <Part name="Described in">
          {/^https?:/.test(source) ? (
            <a href={source} target="_blank" rel="noreferrer noopener">
              {source} <ExternalLink size={11} aria-hidden />
            </a>
          ) : (
            source
          )}
        </Part>
      </dl>
    </article>
  )
}

function Part({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

interface NothingProps extends Pick<FindingsProps, 'report' | 'error' | 'reading' | 'onConversations'> {}

function Nothing({ report, error, reading, onConversations }: NothingProps): ReactNode {
  if (error !== undefined)
    return (
      <EmptyState tone="bad" title="The rules could not be run">
        {error}
      </EmptyState>
    )
  if (!report) return <p className="quiet findings-wait">Looking for known troubles…</p>
  return (
    <EmptyState
      title={reading ? 'Nothing found so far' : 'No known trouble'}
      actions={[{ title: 'Look at the conversations', run: onConversations }]}
    >
      None of the rules applies to the {formatCounted(report.version, 'packet')} read. That is not a proof of health:
      what was not captured at this point is not known.
    </EmptyState>
  )
}

function sureText(confidence: number): string {
  const word =
    confidence >= 0.9 ? 'Very' : confidence >= 0.7 ? 'Fairly' : confidence >= 0.5 ? 'More than not' : 'A hint'
  return `${word} (${Math.round(confidence * 100)} %)`
}

/** A finding for a chat or a ticket. */
function storyText(finding: Finding, frameNumber: (row: number) => number): string {
  const { title, sentence, why, blamed, evidence, ruledOut, settle, confirm, filter, source } = finding
  return [
    `${title}: ${sentence}`,
    `Why: ${why}`,
    `To blame: ${blamed}`,
    evidence.length > 0 &&
      `Evidence: ${evidence.map(({ row, role }) => `frame ${frameNumber(row)} (${role})`).join(', ')}`,
    ruledOut.length > 0 && `Ruled out: ${ruledOut.join(' ')}`,
    settle !== undefined && `Would settle it: ${settle}`,
    ...confirm.map(({ command, about }) => `To confirm: ${command}  # ${about}`),
    `Display filter: ${filter}`,
    `Described in: ${source}`,
  ]
    .filter((line) => typeof line === 'string')
    .join('\n')
}
