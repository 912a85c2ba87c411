import { Circle, MapPin, RotateCw, Search, SquareDot, X } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { HostContract } from '../../../common/contract.ts'
import type { TerminalFacts, TerminalTarget } from '../../../common/model/terminal.ts'
import { subscribeColors } from '../../components/colors.ts'
import { formatCounted } from '../../components/format.ts'
import { IconButton } from '../../components/icon-button.tsx'
import type { MarkedTime } from './marked-lines.ts'
import { PasteQuestion } from './paste-question.tsx'
import type { PastedLines } from './pasted-lines.ts'
import { terminalPreferences } from './preferences.ts'
import type { Drawer, Slot } from './state.ts'
import { TerminalScreen } from './terminal-screen.ts'
import { terminalTheme } from './theme.ts'
import { isWindowKey, letterOf } from './window-keys.ts'

interface TerminalViewProps {
  readonly host: HostContract
  readonly drawer: Drawer
  readonly slot: Slot
  /** Absent while the host is being asked to open it. */
  readonly facts: TerminalFacts | undefined
  readonly shown: boolean
  /** The only one of its tab, which says its name. */
  readonly alone: boolean
  readonly focused: boolean
  /** Grows whenever somebody asks for a terminal; 0 where nobody has, as after a reload, or none can be seen. */
  readonly asked: number
  /** The line to the host stands; when it comes back the output is asked for anew. */
  readonly connected: boolean
  /** Capture that a recording is kept beside. */
  readonly capture: string | undefined
  /** The time that is selected in it. */
  readonly marked: MarkedTime | undefined
  /** Puts a command on the time axis of the capture; undefined when none is being made. */
  readonly onCommand: ((text: string, at: number) => Promise<void>) | undefined
  readonly onDebug: (target: TerminalTarget) => void
  readonly announce: (text: string) => void
}

/** One terminal with its head: where it leads, how it is, and what can be done about that. */
export function TerminalView(props: TerminalViewProps): ReactNode {
  const { host, drawer, slot, facts, shown, focused, asked, connected, capture, marked, onCommand, onDebug, announce } =
    props
  const place = useRef<HTMLDivElement>(null)
  const screen = useRef<TerminalScreen>(undefined)
  const at = useRef(0)
  const [problem, setProblem] = useState<string>()
  const [asking, setAsking] = useState<{
    readonly at: number
    readonly lines: PastedLines
    readonly answer: (yes: boolean) => void
  }>()
  const [searching, setSearching] = useState(false)
  const [noting, setNoting] = useState(false)
  const [lines, setLines] = useState(0)
  const noted = useRef({ onCommand, title: '' })
  const preferences = useStore(terminalPreferences)

  // Made once: it stays while its tab is hidden, with all that is on it.
  useEffect(() => {
    const element = place.current
    if (!element) return
    const opening = Promise.withResolvers<string>()
    const made = new TerminalScreen(terminalPreferences.getState(), terminalTheme(), {
      input: async (bytes) => host.terminals.input(await opening.promise, bytes),
      resize: (columns, rows) => {
        opening.promise.then((id) => host.terminals.resize(id, columns, rows)).catch(() => undefined)
      },
      mayPaste: (lines) => new Promise((answer) => setAsking({ at: performance.now(), lines, answer })),
      link: (url) => void window.open(url, '_blank', 'noopener'),
      marked: setLines,
      command: (command, ran) => {
        const { onCommand: keep, title: where } = noted.current
        keep?.(`${command}\nin ${where}`, ran).catch((error: unknown) =>
          announce(`Not noted: ${error instanceof Error ? error.message : String(error)}`),
        )
      },
      isOurs: (event) => isWindowKey(event) || leavesEnded(event, element),
    })
    screen.current = made
    const fitted = made.open(element)
    const { id, target } = slot
    if (id !== undefined) opening.resolve(id)
    else if (target) {
      opening.resolve(fitted.then(() => host.terminals.open(target, made.columns, made.rows)))
      opening.promise.then(
        (opened) => drawer.opened(slot.key, opened),
        (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
      )
    }
    const recolour = () => made.set(terminalPreferences.getState(), terminalTheme())
    const stop = subscribeColors(recolour)
    return () => {
      stop()
      made[Symbol.dispose]()
      screen.current = undefined
    }
    // The slot's key is the terminal's identity; it never changes for a mounted view.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => screen.current?.set(preferences, terminalTheme()), [preferences])

  const known = slot.id
  useEffect(() => {
    const made = screen.current
    if (known === undefined || !connected || !made) return
    const control = new AbortController()
    if (made.isFitted) host.terminals.resize(known, made.columns, made.rows).catch(() => undefined)
    made
      .show((from) => host.terminals.output(known, from), at.current, control.signal)
      .then(
        (reached) => (at.current = reached),
        () => undefined,
      )
    return () => {
      control.abort()
    }
  }, [host, known, connected])

  const isNoting = noting && onCommand !== undefined
  useEffect(() => screen.current?.mark(marked), [marked])
  useEffect(() => screen.current?.tellCommands(isNoting), [isNoting])

  const state = facts?.state
  useEffect(() => {
    if (shown) screen.current?.fit()
    // Keys go to a shell only where somebody asked for it.
    if (shown && focused && asked > 0) screen.current?.focus()
  }, [shown, focused, asked])

  function onKeyDown(event: KeyboardEvent): void {
    if (!event.ctrlKey || !event.shiftKey || event.altKey) return
    const letter = letterOf(event)
    if (letter === 'f') setSearching(true)
    else if (letter === 'c') void screen.current?.copy().then((copied) => copied && announce('Copied'))
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  async function record(): Promise<void> {
    if (known === undefined) return
    try {
      if (facts?.recording !== undefined) {
        await host.terminals.stopRecording(known)
        announce(`Recorded in ${facts.recording}`)
      } else announce(`Recording in ${await host.terminals.record(known, capture)}`)
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error))
    }
  }

  async function close(): Promise<void> {
    if (known === undefined) drawer.remove(slot.key)
    else {
      // What was made in a cluster is removed first, which can take a moment.
      setProblem('Closing')
      await host.terminals.close(known).catch(() => drawer.remove(slot.key))
    }
  }

  const title = facts?.title ?? (slot.target ? 'Opening' : 'Terminal')
  noted.current = { onCommand, title }
  const end = facts?.end
  const { target } = facts ?? {}
  const isLogin = target?.kind === 'login'
  const status =
    problem ??
    (state === 'ended'
      ? end?.reason
      : state === 'starting'
        ? (facts?.notes.at(-1) ?? 'Connecting')
        : facts?.notes.at(-1))
  const noteButton = (
    <button
      type="button"
      className={isNoting ? 'icon-button small noting' : 'icon-button small'}
      aria-pressed={isNoting}
      aria-label="Note commands"
      disabled={onCommand === undefined}
      title={
        onCommand === undefined
          ? 'Commands can be put on the time axis of a capture that is being made'
          : isNoting
            ? 'Each command is put on the time axis as a note'
            : 'Put each command from now on onto the time axis as a note'
      }
      onClick={() => setNoting(!noting)}
    >
      <MapPin size={13} aria-hidden />
    </button>
  )
  const recordButton = (
    <button
      type="button"
      className={facts?.recording === undefined ? 'icon-button small' : 'icon-button small recording'}
      aria-pressed={facts?.recording !== undefined}
      aria-label={facts?.recording === undefined ? 'Record' : 'Stop recording'}
      title={facts?.recording === undefined ? 'Record the output (asciicast)' : `Recording in ${facts.recording}`}
      onClick={() => void record()}
    >
      {facts?.recording === undefined ? <Circle size={13} aria-hidden /> : <SquareDot size={13} aria-hidden />}
    </button>
  )
  return (
    <section
      className={`terminal${focused ? ' focused' : ''}`}
      aria-label={`Terminal ${title}`}
      data-terminal={state ?? 'starting'}
      hidden={!shown}
      onKeyDown={onKeyDown}
      onFocus={() => drawer.focus(slot.key)}
    >
      <header className="terminal-head">
        {!props.alone && <b>{title}</b>}
        {facts?.recording !== undefined && (
          <span className="terminal-recorded" title={`In ${facts.recording}`}>
            Recording
          </span>
        )}
        {status !== undefined && (
          <span
            className={
              (state === 'ended' && end?.exitCode !== 0) || problem !== undefined
                ? 'terminal-status ended'
                : 'terminal-status'
            }
            role="status"
            title={(state === 'ended' ? [status] : (facts?.notes ?? [])).join('\n')}
          >
            {/* What has several lines, as a rule that would help, is on the screen. */}
            {status.split('\n', 1)}
          </span>
        )}
        {state === 'ended' && known !== undefined && !end?.noShell && (
          <button
            type="button"
            className="button small"
            onClick={() => {
              void host.terminals.reconnect(known)
              screen.current?.focus()
            }}
          >
            <RotateCw size={12} aria-hidden /> {isLogin ? 'Log in again' : 'Reconnect'}
          </button>
        )}
        {end?.noShell && target?.kind === 'container' && (
          <button
            type="button"
            className="button small"
            title="Adds an ephemeral container to the pod, which stays listed in it until the pod is deleted"
            onClick={() => onDebug({ ...target, kind: 'debug-container' })}
          >
            Add a debug container
          </button>
        )}
        {marked && lines > 0 && (
          <span className="terminal-lines">{formatCounted(lines, 'line')} of the selected time</span>
        )}
        <span className="terminal-actions">
          {!isLogin && noteButton}
          <IconButton
            icon={Search}
            size={13}
            aria-pressed={searching}
            label="Search"
            title="Search (Ctrl+Shift+F)"
            onClick={() => setSearching(!searching)}
          />
          {!isLogin && recordButton}
          <IconButton icon={X} size={13} label={`Close terminal ${title}`} title="Close" onClick={() => void close()} />
        </span>
      </header>
      {searching && (
        <SearchBar
          onFind={(text, back) =>
            back ? screen.current?.search.findPrevious(text) : screen.current?.search.findNext(text)
          }
          onClose={() => {
            setSearching(false)
            screen.current?.search.clearDecorations()
            screen.current?.focus()
          }}
        />
      )}
      <div ref={place} className="terminal-screen" />
      {asking && (
        <PasteQuestion
          // A dialog tells late that it was closed: not of the next question.
          key={asking.at}
          lines={asking.lines}
          title={title}
          onAnswer={asking.answer}
          onClose={() => setAsking(undefined)}
        />
      )}
    </section>
  )
}

interface SearchBarProps {
  readonly onFind: (text: string, back: boolean) => boolean | undefined
  readonly onClose: () => void
}

function SearchBar({ onFind, onClose }: SearchBarProps): ReactNode {
  const [missing, setMissing] = useState(false)
  function find(text: string, back: boolean): void {
    setMissing(text !== '' && onFind(text, back) === false)
  }
  return (
    <div className="terminal-search">
      <input
        type="search"
        autoFocus
        placeholder="Search the output"
        aria-label="Search the output"
        aria-invalid={missing}
        onChange={(event) => find(event.target.value, true)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.currentTarget.value, !event.shiftKey)
          else if (event.key === 'Escape') onClose()
          else return
          event.stopPropagation()
          event.preventDefault()
        }}
      />
      <span>{missing ? 'Not found' : 'Enter: further up, Shift Enter: further down'}</span>
    </div>
  )
}

/** Nothing takes Tab in a terminal that has ended: it leads to what can be done about that. */
function leavesEnded(event: globalThis.KeyboardEvent, screen: HTMLElement): boolean {
  const ended = screen.closest('[data-terminal=ended]')
  if (event.key !== 'Tab' || !ended) return false
  if (event.type === 'keydown') {
    event.preventDefault()
    ended.querySelector<HTMLElement>('.terminal-head button')?.focus()
  }
  return true
}
