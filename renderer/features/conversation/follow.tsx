import { Copy, Download } from 'lucide-react'
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'
import { useStore } from 'zustand'
import type { FollowFormat, FollowLine, FollowMatches, FollowSide } from '../../../engine/engine.ts'
import { DataGrid } from '../../components/data-grid.tsx'
import { IconButton } from '../../components/icon-button.tsx'
import { saveAs } from '../../components/save-as.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { endpointText } from '../../components/filter-text.ts'
import { formatBytes, formatCount } from '../../components/format.ts'
import { useFrameNumber, useNumberWidth } from '../../components/frame-number.ts'
import { PagedRows } from '../../components/paged-rows.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { FollowHandle } from '../../worker/engine-service.ts'
import { Choice } from './choice.tsx'
import { FollowSearch } from './follow-search.tsx'
import { lineColumns } from './stream-lines.tsx'
import { needleOf, plainLine } from './stream-text.ts'
import { NoSubject, useSubject, type ConversationViewProps } from './subject.tsx'
import './conversation.css'

interface FollowProps extends ConversationViewProps {
  readonly onCopy: (text: string) => void
}

const ROW_HEIGHT = 18
/** As much as the clipboard should hold. */
const MOST_COPIED = 2_000_000
const COPY_LINES = 2000
const POLL_MS = 150

const FORMATS = [
  { value: 'text', title: 'Text' },
  { value: 'hex', title: 'Hex dump' },
  { value: 'raw', title: 'Raw', about: 'The bytes as hex, without more' },
] as const
const SIDES = [
  { value: 'both', title: 'Both' },
  { value: 'client', title: 'Client' },
  { value: 'server', title: 'Server' },
] as const

interface Followed {
  readonly key: string
  readonly handle: FollowHandle | undefined
  readonly pages: PagedRows<FollowLine>
}

/** What the two ends of the conversation said, in order; a line leads to its packet. */
export function FollowStream({ session, view, version, onCopy }: FollowProps): ReactNode {
  const subject = useSubject({ session, view, version })
  const side = useStore(view.store, (state) => state.side)
  const format: FollowFormat = useStore(view.store, (state) => state.format) ?? 'text'
  const row = useStore(view.store, (state) => state.row)
  const resumed = useStore(session.progress, (state) => state.resumed)
  const body = useRef<HTMLDivElement>(null)
  const width = useLineWidth(body)
  const id = subject?.row.id
  const packets = subject ? subject.row.packetsAB + subject.row.packetsBA : 0

  const question = JSON.stringify([id, side, format, format === 'text' ? width : 0])
  const key = id === undefined || width === 0 ? undefined : `${question} ${packets} ${resumed}`
  const last = useRef<Followed | undefined>(undefined)
  const {
    value: followed,
    error,
    key: answered,
  } = useAnswer<Followed>(key, async () => {
    const handle = await session.engine.follow({ conversation: id ?? 0, format, width, ...(side && { side }) })
    const pages = new PagedRows<FollowLine>((start, count) =>
      handle ? session.engine.followLines(handle.id, start, count) : Promise.resolve([]),
    )
    const first = last.current?.key === question ? (visible.current.first ?? 0) : 0
    await pages.ready(first, 60)
    last.current = { key: question, handle, pages }
    return last.current
  })
  const current = followed?.key === question ? followed : undefined
  const { handle, pages } = current ?? {}
  const state = useGrowth(handle, (stream) => session.engine.followState(stream))
  const count = state?.lines ?? handle?.lines ?? 0

  useSyncExternalStore(
    useMemo(() => pages?.subscribe ?? (() => () => undefined), [pages]),
    () => pages?.version() ?? 0,
  )
  // The page with the last line was loaded when there were fewer.
  useEffect(() => pages?.invalidate(), [pages, count])

  const visible = useRef({ first: 0 })
  const onVisible = useCallback(
    (first: number, shown: number) => {
      visible.current = { first }
      pages?.want(first, shown)
    },
    [pages],
  )

  const [active, setActive] = useState<{ readonly key: string; readonly line: number }>()
  const [matches, setMatches] = useState<FollowMatches>()
  const [match, setMatch] = useState(-1)
  const [failure, setFailure] = useState<string>()

  const select = useCallback(
    async (line: number, follow = true) => {
      setActive({ key: question, line })
      if (!handle || !follow) return
      const found = pages?.row(line) ?? (await session.engine.followLines(handle.id, line, 1))[0]
      if (found) view.change({ row: found.row })
    },
    [question, handle, pages, session, view],
  )

  async function goToMatch(found: FollowMatches, at: number): Promise<void> {
    if (!handle) return
    setMatch(at)
    await select(await session.engine.followLineAt(handle.id, found.positions[at]))
  }

  async function copyAll(): Promise<void> {
    if (!handle) return
    let text = ''
    for (let start = 0; start < count && text.length < MOST_COPIED; start += COPY_LINES) {
      for (const line of await session.engine.followLines(handle.id, start, COPY_LINES)) {
        text += `${plainLine(line, format)}\n`
      }
    }
    onCopy(text.slice(0, MOST_COPIED))
  }

  async function save(): Promise<void> {
    if (!handle || !subject) return
    const { transport, stream } = subject.row
    const name = `${transport.toLowerCase()}-${stream}${side ? `-${side}` : ''}.bin`
    saveAs(await session.engine.followBytes(handle.id), name)
  }

  const attempt = (work: () => Promise<void>) => {
    setFailure(undefined)
    work().catch((reason: unknown) => setFailure(reason instanceof Error ? reason.message : String(reason)))
  }

  const frameNumber = useFrameNumber()
  const numberWidth = useNumberWidth(64)
  const columns = useMemo(
    () => lineColumns(format, matches, match, frameNumber, numberWidth),
    [format, matches, match, frameNumber, numberWidth],
  )
  const problem = error ?? state?.error ?? failure
  return (
    <Pane title="Follow stream" waiting={key !== undefined && answered !== key && current === undefined}>
      <div ref={body} className="follow">
        {subject && (
          <div className="conversation-bar">
            <div className="follow-legend">{handle && <Legend facts={handle.facts} />}</div>
            <FollowSearch
              subject={`${question} ${handle?.id}`}
              find={(text) => {
                const { bytes, anyCase } = needleOf(text)
                return session.engine.followSearch(handle?.id ?? 0, bytes, anyCase)
              }}
              // To look for nothing ends what is looked for.
              onGiveUp={() => void session.engine.followSearch(handle?.id ?? 0, new Uint8Array(0), false).catch(ignore)}
              onMatches={setMatches}
              onGo={(found, at) => attempt(() => goToMatch(found, at))}
            />
            <Choice
              label="Whose bytes"
              options={SIDES}
              value={side ?? 'both'}
              onChange={(next) => view.change({ side: next === 'both' ? undefined : next })}
            />
            <Choice
              label="Shown as"
              options={FORMATS}
              value={format}
              onChange={(next) => view.change({ format: next === 'text' ? undefined : next })}
            />
            <IconButton
              icon={Copy}
              size={13}
              label="Copy the stream as shown"
              title="Copy as shown, up to 2 MB"
              disabled={count === 0}
              onClick={() => attempt(copyAll)}
            />
            <IconButton
              icon={Download}
              size={13}
              label="Save the bytes as a file"

              disabled={count === 0}
              onClick={() => attempt(save)}
            />
          </div>
        )}
        {subject === null ? (
          <div className="conversation-empty">
            <NoSubject session={session} view={view} what="Here stands what its two ends said to each other." />
          </div>
        ) : (
          <div className="conversation-main">
            <DataGrid
              id="stream"
              label="Lines of the stream"
              columns={columns}
              count={problem === undefined ? count : 0}
              rowHeight={ROW_HEIGHT}
              row={(index) => pages?.row(index)}
              onVisible={onVisible}
              active={active?.key === question ? active.line : undefined}
              onActive={(line) => attempt(() => select(line))}
              onCopy={(line) => {
                const found = pages?.row(line)
                if (found) onCopy(plainLine(found, format))
              }}
              rowClass={(line) =>
                `from-${line.side}${line.missing ? ' missing' : ''}${line.row === row ? ' of-packet' : ''}`
              }
              empty={
                problem !== undefined ? (
                  <EmptyState tone="bad" title="The stream could not be read">
                    {problem}
                  </EmptyState>
                ) : (
                  current && <NothingSaid handle={current.handle} side={side} />
                )
              }
            />
          </div>
        )}
      </div>
    </Pane>
  )
}

function Legend({ facts }: { readonly facts: FollowHandle['facts'] }): ReactNode {
  return (['client', 'server'] as const).map((side) => {
    const { address, port, bytes, missing } = facts[side]
    return (
      <span key={side} className={`follow-side from-${side}`} title={`The ${side}: ${endpointText(address, port)}`}>
        <i aria-hidden />
        {side} {formatBytes(bytes)}
        {missing > 0 && `, ${formatBytes(missing)} missing`}
      </span>
    )
  })
}

function NothingSaid({
  handle,
  side,
}: {
  readonly handle: FollowHandle | undefined
  readonly side: FollowSide | undefined
}): ReactNode {
  if (!handle) {
    return (
      <EmptyState title="Nothing to follow">
        Only TCP and UDP carry a stream of bytes between two ports; this conversation is neither.
      </EmptyState>
    )
  }
  const other = side && handle.facts[side === 'client' ? 'server' : 'client'].bytes
  return (
    <EmptyState title={side ? `The ${side} said nothing` : 'Nothing was said'}>
      {side
        ? `None of its packets here carries bytes${other ? `; the other side sent ${formatCount(other)} bytes` : ''}.`
        : 'None of the packets of this conversation carries bytes: there are only handshakes, acknowledgments or resets.'}
    </EmptyState>
  )
}

/** How many characters fit on a line; in steps, so that dragging a border does not lay out the stream anew at every pixel. 0 = not known. */
function useLineWidth(body: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = body.current
    const context = document.createElement('canvas').getContext('2d')
    if (!element || !context) return
    context.font = `12px ${getComputedStyle(element).fontFamily}`
    const character = context.measureText('0'.repeat(100)).width / 100
    let timer = 0
    const measure = () => {
      const fit = Math.floor((element.clientWidth - 64 - 40) / character)
      setWidth(Math.max(40, fit - (fit % 8)))
    }
    measure()
    const observer = new ResizeObserver(() => {
      clearTimeout(timer)
      timer = window.setTimeout(measure, 200)
    })
    observer.observe(element)
    return () => {
      clearTimeout(timer)
      observer.disconnect()
    }
  }, [body])
  return width
}

interface Growth {
  readonly id: number
  readonly lines: number
  readonly error: string | undefined
}

/** The number of lines known, asked for until all are. */
function useGrowth(
  handle: FollowHandle | undefined,
  ask: (id: number) => Promise<{ readonly lines: number; readonly complete: boolean }>,
): Growth | undefined {
  const [growth, setGrowth] = useState<Growth>()
  const asking = useRef(ask)
  asking.current = ask
  useEffect(() => {
    if (!handle || handle.complete) return
    const { id } = handle
    let timer = 0
    let over = false
    const poll = async (): Promise<void> => {
      try {
        const { lines, complete } = await asking.current(id)
        if (over) return
        setGrowth({ id, lines, error: undefined })
        if (!complete) timer = window.setTimeout(() => void poll(), POLL_MS)
      } catch (reason) {
        if (!over) setGrowth({ id, lines: 0, error: reason instanceof Error ? reason.message : String(reason) })
      }
    }
    timer = window.setTimeout(() => void poll(), POLL_MS)
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [handle])
  return growth?.id === handle?.id ? growth : undefined
}

function ignore(): void {
  // The stream is no longer followed: then neither is it searched.
}
