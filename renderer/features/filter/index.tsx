import { X } from 'lucide-react'
import {
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ReactNode,
  type Ref,
} from 'react'
import type { Completion, FilterCheck } from '../../../engine/engine.ts'
import { IconButton } from '../../components/icon-button.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import './filter.css'

export interface FilterFieldProps {
  readonly applied: string
  readonly history: readonly string[]
  readonly check: (text: string) => Promise<FilterCheck>
  readonly complete: (text: string, caret: number) => Promise<readonly Completion[]>
  readonly onApply: (text: string) => void
  /** Selects the next packet (1) or the one before (-1) that matches, and applies nothing. */
  readonly onFind: (text: string, step: 1 | -1) => void
  /** Esc with nothing to undo: the focus goes on to the lists. */
  readonly onLeave: () => void
  readonly ref?: Ref<FilterFieldHandle>
}

export interface FilterFieldHandle {
  focus(): void
  /** Puts a text into the field, as if it had been typed: Enter applies it. */
  prepare(text: string): void
}

interface Proposal {
  readonly text: string
  readonly about: string
  readonly from: number
  readonly to: number
}

/**
 * The display filter. It is checked while it is typed and applied with Enter; Shift+Enter finds the next packet that matches; Esc takes
 * back what was not applied.
 * Proposals complete the word at the caret; in an empty field they are the filters used before.
 */
export function FilterField({
  applied,
  history,
  check,
  complete,
  onApply,
  onFind,
  onLeave,
  ref,
}: FilterFieldProps): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const mirror = useRef<HTMLDivElement>(null)
  const listId = useId()
  const [text, setText] = useState(applied)
  const [caret, setCaret] = useState(0)
  const [open, setOpen] = useState(false)
  const [focused, setFocused] = useState(false)
  const [picked, setPicked] = useState(-1)

  // Filters also come from menus, lanes, the URL: what is applied wins over what was typed before.
  const [before, setBefore] = useState(applied)
  if (before !== applied) {
    setBefore(applied)
    setText(applied)
  }

  const trimmed = text.trim()
  const { value: checked, key: checkedText } = useAnswer(trimmed || undefined, () => check(text))
  const verdict = trimmed && checkedText === trimmed ? checked : undefined
  const completionKey = open && trimmed ? `${caret} ${text}` : undefined
  const { value: completions, key: completed } = useAnswer(completionKey, () => complete(text, caret))
  // Those of the text before stay on screen until the new ones come, but can't be chosen.
  const fresh = completionKey === undefined || completed === completionKey
  const proposals: readonly Proposal[] = !open
    ? []
    : trimmed
      ? (completions ?? [])
      : history.map((entry) => ({ text: entry, about: '', from: 0, to: text.length }))

  useImperativeHandle(ref, () => ({
    focus() {
      input.current?.focus()
      input.current?.select()
    },
    prepare(prepared) {
      setText(prepared)
      // After the menu that it was chosen in has given the focus back.
      requestAnimationFrame(() => {
        input.current?.focus()
        input.current?.setSelectionRange(prepared.length, prepared.length)
      })
    },
  }))

  useEffect(() => setPicked(-1), [text, open])
  useLayoutEffect(() => {
    document.getElementById(`${listId}-${picked}`)?.scrollIntoView({ block: 'nearest' })
  }, [picked, listId])

  function accept(proposal: Proposal): void {
    const next = text.slice(0, proposal.from) + proposal.text + text.slice(proposal.to)
    const at = proposal.from + proposal.text.length
    setText(next)
    setCaret(at)
    input.current?.focus()
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at))
  }

  function apply(): void {
    setOpen(false)
    if (!trimmed || verdict?.ok) onApply(trimmed)
    // Not yet checked, or wrong: check now, so that Enter typed at once after the text works too.
    else void check(text).then((result) => result.ok && onApply(trimmed))
  }

  function find(): void {
    setOpen(false)
    if (trimmed) void check(text).then((result) => result.ok && onFind(trimmed, 1))
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const listed = proposals.length > 0 && fresh
    if (event.key === 'ArrowDown' && !open) setOpen(true)
    else if (event.key === 'ArrowDown' && listed) setPicked(((picked + 2) % (proposals.length + 1)) - 1)
    else if (event.key === 'ArrowUp' && listed)
      setPicked(((picked + 1 + proposals.length) % (proposals.length + 1)) - 1)
    else if ((event.key === 'Enter' || event.key === 'Tab') && listed && picked >= 0) accept(proposals[picked])
    else if (event.key === 'Enter' && event.shiftKey) find()
    else if (event.key === 'Enter') apply()
    else if (event.key === 'Escape' && open && listed) setOpen(false)
    else if (event.key === 'Escape' && text !== applied) setText(applied)
    else if (event.key === 'Escape') onLeave()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const wrong = verdict && !verdict.ok ? verdict : undefined
  const note = verdict?.ok ? verdict.note : undefined
  const marked = wrong ?? note
  const changed = trimmed !== applied
  const state = !trimmed ? 'empty' : wrong ? 'wrong' : verdict ? (changed ? 'good' : 'applied') : 'unknown'
  const expanded = focused && proposals.length > 0
  // A word that can still become right is no mistake worth words.
  const unfinished = expanded && wrong?.to === caret
  const message = unfinished ? undefined : marked?.message
  return (
    <div className="filter" data-state={state} data-note={note ? '' : undefined}>
      <div className="filter-box">
        <div ref={mirror} className="filter-mirror" aria-hidden>
          {marked && (
            <>
              {text.slice(0, marked.from)}
              <mark>{text.slice(marked.from, marked.to) || ' '}</mark>
              {text.slice(marked.to)}
            </>
          )}
        </div>
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label="Display filter"
          aria-expanded={expanded}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={expanded && picked >= 0 ? `${listId}-${picked}` : undefined}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${listId}-message`}
          placeholder="Display filter, e.g. tcp.analysis.retransmission && ip.addr == 10.0.0.0/8"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setCaret(event.target.selectionStart ?? event.target.value.length)
            setOpen(true)
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onScroll={(event) => mirror.current && (mirror.current.scrollLeft = event.currentTarget.scrollLeft)}
          onFocus={() => setFocused(true)}
          onBlur={() => {
            setFocused(false)
            setOpen(false)
          }}
          onKeyDown={onKeyDown}
        />
        {changed && state === 'good' && focused && (
          <span className="filter-hint">
            {verdict?.ok && verdict.needsBytes ? 'Enter applies, reading every packet' : 'Enter applies'}; Shift Enter
            finds the next
          </span>
        )}
        {text !== '' && (
          <IconButton
            icon={X}
            label="Clear the filter"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => {
              setText('')
              onApply('')
            }}
          />
        )}
      </div>
      <div
        id={`${listId}-message`}
        role="status"
        className={message !== undefined && focused ? `filter-message${wrong ? '' : ' note'}` : 'aloud'}
      >
        {message}
      </div>
      {expanded && (
        <ul
          id={listId}
          className={`filter-list${message === undefined ? '' : ' below-message'}`}
          role="listbox"
          aria-label="Proposals"
          aria-busy={!fresh}
        >
          {proposals.map((proposal, i) => (
            <li
              key={`${proposal.text} ${i}`}
              id={`${listId}-${i}`}
              role="option"
              aria-selected={i === picked}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => {
                accept(proposal)
                if (!trimmed) onApply(proposal.text)
              }}
            >
              <span className="mono">{proposal.text}</span>
              <span className="filter-about">{proposal.about}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
