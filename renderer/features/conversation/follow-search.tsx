import { ChevronDown, ChevronUp } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { formatCount } from '../../components/format.ts'
import { IconButton } from '../../components/icon-button.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { FollowMatches } from '../../../engine/engine.ts'

interface FollowSearchProps {
  /** What is searched: another one is searched anew. */
  readonly subject: string
  readonly find: (text: string) => Promise<FollowMatches>
  /** Gives up the search under way, if there is one. */
  readonly onGiveUp: () => void
  /** The matches there are now; the view marks them. */
  readonly onMatches: (matches: FollowMatches | undefined) => void
  /** The person wants to see match number `at`. */
  readonly onGo: (matches: FollowMatches, at: number) => void
}

const TYPING_MS = 250

/** A field to search in, how many matches there are, and the way from one to the next. */
export function FollowSearch({ subject, find, onGiveUp, onMatches, onGo }: FollowSearchProps): ReactNode {
  const [text, setText] = useState('')
  const [asked, setAsked] = useState('')
  const [at, setAt] = useState(0)
  const { value: found, error } = useAnswer(asked === '' ? undefined : `${subject} ${asked}`, async () => ({
    asked,
    subject,
    matches: await find(asked),
  }))
  const matches = found && found.asked === asked && found.subject === subject && !error ? found.matches : undefined
  const count = matches?.positions.length ?? 0

  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), TYPING_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [text])

  const giveUp = useRef(onGiveUp)
  giveUp.current = onGiveUp
  useEffect(() => (asked === '' ? undefined : () => giveUp.current()), [asked, subject])

  // The stream may grow, or be shown in another way, while one text is looked for: that moves nobody.
  const gone = useRef('')
  useEffect(() => {
    onMatches(asked === '' ? undefined : matches)
    if (asked === '') gone.current = ''
    if (!matches || asked === '' || asked === gone.current) return
    gone.current = asked
    setAt(0)
    if (matches.positions.length > 0) onGo(matches, 0)
    // Going to the first match belongs to the answer, not to what it is shown with.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [matches, asked])

  function step(by: 1 | -1): void {
    if (text !== asked) {
      setAsked(text)
      return
    }
    if (!matches || count === 0) return
    const next = (Math.min(at, count - 1) + by + count) % count
    setAt(next)
    onGo(matches, next)
  }

  return (
    <search className="follow-search">
      <input
        type="search"
        aria-label="Find in the stream"
        placeholder="Find text, or 0x0d0a"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
          else if (event.key === 'Escape' && text !== '') setText('')
          else return
          event.preventDefault()
        }}
      />
      <span className="follow-found" role="status">
        {asked === ''
          ? ''
          : error !== undefined
            ? 'failed'
            : matches === undefined
              ? '…'
              : count === 0
                ? 'none'
                : `${formatCount(Math.min(at, count - 1) + 1)} of ${matches.more ? 'more than ' : ''}${formatCount(count)}`}
      </span>
      <IconButton
        icon={ChevronUp}
        label="Previous match"
        title="Previous match (Shift Enter)"
        disabled={count === 0}
        onClick={() => step(-1)}
      />
      <IconButton
        icon={ChevronDown}
        label="Next match"
        title="Next match (Enter)"
        disabled={count === 0}
        onClick={() => step(1)}
      />
    </search>
  )
}
