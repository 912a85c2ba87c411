import { Check, FolderOpen, X } from 'lucide-react'
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { CapturesSection } from '../../../common/contract.ts'
import type { LibraryCapture } from '../../../common/model/live-capture.ts'
import type { JoinedCapture } from '../../../engine/engine.ts'
import { Dialog } from '../../components/dialog.tsx'
import { formatBytes, formatCount, formatMoment, formatTimeOfDay, type Zone } from '../../components/format.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { useWatched, type HostWatch } from '../../components/use-watched.ts'
import { useZone } from '../../components/zone.ts'
import { byOverlap, type Span } from './overlap.ts'
import './join.css'

/** How far it is. */
export type JoinStage =
  | { readonly kind: 'choosing'; readonly problem?: string }
  | { readonly kind: 'joining'; readonly share: number }
  /** It is made, and is not kept before somebody has read why it may not be what was meant. */
  | { readonly kind: 'asking'; readonly joined: JoinedCapture }

export interface JoinCapturesProps {
  readonly host: HostWatch
  readonly captures: Pick<CapturesSection, 'recent'>
  /** The open capture, where there is one: always joined. */
  readonly open:
    { readonly name: string; readonly path: string | undefined; readonly span: Span | undefined } | undefined
  /** Files that were named: joined unless they are taken off again. */
  readonly files: readonly { readonly key: string; readonly name: string; readonly size: number }[]
  /** Paths of those that are chosen in the lists. */
  readonly chosen: ReadonlySet<string>
  readonly stage: JoinStage
  readonly onToggle: (path: string) => void
  readonly onTakeOff: (key: string) => void
  readonly onFile: () => void
  readonly onJoin: () => void
  readonly onKeep: () => void
  /** Gives up what is being done, or was and is not kept. */
  readonly onBack: () => void
  readonly onClose: () => void
}

interface Choice {
  readonly path: string
  readonly name: string
  readonly about: string
  readonly size: number
  /** Why it can't be joined now. */
  readonly not?: string
}

/** What captures of one time at several points are put together of. */
export function JoinCaptures(props: JoinCapturesProps): ReactNode {
  const { open, stage, onBack, onClose, onKeep } = props
  const title = open ? 'Add a capture of another point' : 'Join captures'
  if (stage.kind === 'joining') {
    const percent = Math.min(99, Math.floor(100 * stage.share))
    return (
      <Dialog
        title="Joining"
        className="join"
        onClose={onBack}
        actions={
          <button type="button" className="button" data-first-focus onClick={onBack}>
            Cancel
          </button>
        }
      >
        <p className="join-about">Packets are put in the order of their times. The captures stay as they are.</p>
        <div className="join-progress" role="progressbar" aria-label="Joining" aria-valuenow={percent}>
          <i style={{ inlineSize: `${percent}%` }} />
        </div>
        <p className="quiet number">{percent} %</p>
      </Dialog>
    )
  }
  if (stage.kind === 'asking') {
    const { cut, doubts, packets, points } = stage.joined
    return (
      <Dialog
        title={doubts.length > 0 ? 'Are these captures of one time?' : 'Not all of it could be read'}
        className="join"
        onClose={onBack}
        status={`${formatCount(packets)} packets at ${formatCount(points.length)} points`}
        actions={
          <>
            <button type="button" className="button" data-first-focus onClick={onBack}>
              Choose others
            </button>
            <button type="button" className="button primary" onClick={onKeep}>
              Open all the same
            </button>
          </>
        }
      >
        {[...doubts, ...cut.map((why) => `${why} What comes before is joined.`)].map((why) => (
          <p key={why} className="join-about">
            {why}
          </p>
        ))}
      </Dialog>
    )
  }
  return <Choosing {...props} title={title} problem={stage.problem} onClose={onClose} />
}

function Choosing(
  props: JoinCapturesProps & { readonly title: string; readonly problem: string | undefined },
): ReactNode {
  const { host, captures, open, files, chosen, title, problem, onToggle, onTakeOff, onFile, onJoin, onClose } = props
  // What can't be listed is not offered: a file always is.
  const opened = useAnswer('recent', () => captures.recent())
  const watched = useWatched(host, 'library', (contract) => contract.capturing.watchLibrary())
  const zone = useZone()
  const toChoice = (capture: LibraryCapture) => choiceOf(capture, zone)
  const { value: recent = [] } = opened
  const { value: library = [] } = watched
  const kept = library.filter(({ path, size, joined }) => path !== open?.path && size > 0 && !joined)
  const { during, others } = byOverlap(kept, open?.span)
  const known = new Set([open?.path, ...library.map(({ path }) => path)])
  const lists: readonly (readonly [title: string, choices: readonly Choice[]])[] = [
    ['Captured at the same time', during.map(toChoice)],
    [
      'Recent',
      recent
        .filter(({ path, size }) => !known.has(path) && size > 0)
        .map(({ name, path, size }) => ({ path, name, about: path, size })),
    ],
    [during.length > 0 ? 'Captured at other times' : 'From clusters', others.map(toChoice)],
  ]
  const count = (open ? 1 : 0) + files.length + chosen.size
  const isEmpty = files.length === 0 && lists.every(([, choices]) => choices.length === 0)
  const listed = useRef<HTMLDivElement>(null)
  // It begins on the list, and goes to what is likely wanted once that is known.
  const isListed = (opened.value ?? opened.error) !== undefined && (watched.value ?? watched.error) !== undefined
  const wanted = files.length > 0 && count > 1 ? '.primary' : isEmpty ? '.join-file' : '.join-choice:not(:disabled)'
  useEffect(() => {
    if (!isListed || document.activeElement !== listed.current) return
    listed.current?.closest('dialog')?.querySelector<HTMLElement>(wanted)?.focus()
    // Once.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [isListed])
  return (
    <Dialog
      title={title}
      className="join"
      onClose={onClose}
      onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && count > 1 && onJoin()}
      problem={problem}
      status={count > 1 && `${count} captures`}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="button join-file" onClick={onFile}>
            <FolderOpen size={14} aria-hidden />
            Add a file…
          </button>
          <button type="button" className="button primary" disabled={count < 2} title="Ctrl+Enter" onClick={onJoin}>
            Join
          </button>
        </>
      }
    >
      <p className="join-about">
        {open ? `${open.name} and what you choose become` : 'What you choose becomes'} one new capture with the points
        of all. Choose what was captured at the same time; clocks may differ. The files stay as they are.
      </p>
      <div ref={listed} className="join-lists" tabIndex={-1} data-first-focus role="presentation" onKeyDown={moveFocus}>
        {files.length > 0 && (
          <section aria-label="Files">
            <h3>Files</h3>
            <ul>
              {files.map(({ key, name, size }) => (
                <li key={key}>
                  <button
                    type="button"
                    className="join-choice"
                    aria-label={`Take ${name} off`}
                    onClick={() => onTakeOff(key)}
                  >
                    <Check size={14} aria-hidden />
                    <span>{name}</span>
                    <span className="join-size">{formatBytes(size)}</span>
                    <X size={14} aria-hidden />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {lists.map(
          ([name, choices]) =>
            choices.length > 0 && (
              <section key={name} aria-label={name}>
                <h3>{name}</h3>
                <ul>
                  {choices.map((choice) => (
                    <li key={choice.path}>
                      <button
                        type="button"
                        className="join-choice"
                        aria-pressed={chosen.has(choice.path)}
                        disabled={choice.not !== undefined}
                        onClick={() => onToggle(choice.path)}
                      >
                        {chosen.has(choice.path) ? <Check size={14} aria-hidden /> : <i aria-hidden />}
                        <span>{choice.name}</span>
                        <span className="join-size">{choice.not ?? formatBytes(choice.size)}</span>
                        <span className="join-where">{choice.about}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </section>
            ),
        )}
        {isEmpty && <p className="quiet">No other capture is known here. Add a file, or drop it on this window.</p>}
      </div>
    </Dialog>
  )
}

/** Up and down from choice to choice. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button:not(:disabled)')]
  const at = all.findIndex((one) => one === document.activeElement)
  event.preventDefault()
  all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus()
}

function choiceOf(capture: LibraryCapture, zone: Zone): Choice {
  const { context, endedAt, path, points, size, startedAt, state, title } = capture
  const when = `${formatMoment(startedAt, zone)}${endedAt === undefined ? '' : ` to ${formatTimeOfDay(endedAt, zone)}`}`
  return {
    path,
    name: title,
    about: [when, context, ...points].filter(Boolean).join(', '),
    size,
    ...(state === 'live' && { not: 'still being captured' }),
  }
}
