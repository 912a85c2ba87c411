import {
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type KeyboardEvent,
  type ReactNode,
} from 'react'
import { useStore } from 'zustand'
import type { ConversationRow, ConversationSort } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { DataGrid } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCounted } from '../../components/format.ts'
import { NoteMarksContext } from '../../components/note-marks.tsx'
import { PagedRows } from '../../components/paged-rows.ts'
import { Pane } from '../../components/pane.tsx'
import { queryOf } from '../../components/query-of.ts'
import { answers, useAnswer } from '../../components/use-answer.ts'
import { unmet, widenings } from '../../components/widenings.ts'
import { conversationColumns } from './columns.tsx'
import './conversations.css'

export interface ConversationsProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly version: number
  readonly reading: boolean
  readonly menu: (row: ConversationRow) => MenuPlace['items']
  readonly onCopy: (row: ConversationRow) => void
  /** The conversation under the pointer, so that the time axis can show when it was. */
  readonly onPoint: (row: ConversationRow | undefined) => void
}

const ROW_HEIGHT = 24
const FIRST_PAGE = 40

interface Listed {
  readonly total: number
  readonly worstHarmMs: number
  readonly pages: PagedRows<ConversationRow>
}

/** The conversations in the selected time, the one that lost most first. Selecting one narrows the lanes and the packets to it. */
export function Conversations({
  session,
  view,
  version,
  reading,
  menu,
  onCopy,
  onPoint,
}: ConversationsProps): ReactNode {
  const filter = useStore(view.store, (state) => state.filter)
  const range = useStore(view.store, (state) => state.range)
  const sort = useStore(view.store, (state) => state.sort)
  const nothing = useStore(session.progress, ({ progress }) => (progress?.facts.packets ?? 0) === 0)
  const stopped = useStore(session.progress, ({ search }) => search?.stoppedWith !== undefined)
  const selected = useStore(view.store, (state) => state.conversation)
  const [open, setOpen] = useState<MenuPlace | undefined>()
  const notes = useContext(NoteMarksContext)
  const first = useRef(0)

  const query = useMemo(() => queryOf({ filter, range }), [filter, range])
  const question = JSON.stringify([query, sort])
  const key = `${question} ${version}`
  const {
    value: listed,
    error,
    key: answered,
  } = useAnswer<Listed>(key, async () => {
    const ask = (start: number, count: number) =>
      session.engine.conversations(query, sort.key, sort.descending, start, count)
    const { total, worstHarmMs } = await ask(0, 0)
    const pages = new PagedRows(async (start, count) => (await ask(start, count)).rows)
    await pages.ready(Math.max(0, Math.min(first.current, total - FIRST_PAGE)), FIRST_PAGE)
    return { total, worstHarmMs, pages }
  })
  const pages = listed?.pages
  useSyncExternalStore(
    useMemo(() => pages?.subscribe ?? (() => () => undefined), [pages]),
    () => pages?.version() ?? 0,
  )
  const { value: located } = useAnswer(
    selected === undefined || !listed ? undefined : `${selected} ${key}`,
    async () => ({
      id: selected,
      index: await session.engine.conversationPosition(query, sort.key, sort.descending, selected ?? 0),
    }),
  )
  // Moving through the list with the keys does not narrow anything yet: Enter or a click does.
  const [cursor, setCursor] = useState<number | undefined>()
  const active = cursor ?? (located?.id === selected && located && located.index >= 0 ? located.index : undefined)

  const onVisible = useCallback(
    (from: number, count: number) => {
      first.current = from
      pages?.want(from, count)
    },
    [pages],
  )

  /** Enter narrows to it, a click on the one that is chosen also shows all again. */
  async function choose(index: number, by: 'key' | 'click'): Promise<void> {
    const row =
      pages?.row(index) ?? (await session.engine.conversations(query, sort.key, sort.descending, index, 1)).rows[0]
    if (!row) return
    setCursor(undefined)
    if (row.id !== selected) view.change({ conversation: row.id }, 'push')
    else if (by === 'click') view.change({ conversation: undefined }, 'push')
  }

  /** A note, a graph or a stream is of the one that the cursor is at, also before it is chosen. */
  function onKeyDown(event: KeyboardEvent): void {
    const row = active === undefined ? undefined : pages?.row(active)
    if (event.ctrlKey || event.metaKey || event.altKey || !row) return
    if (event.key === 'm') {
      event.preventDefault()
      notes.onAdd({ conversation: row })
    }
    // What is shown of it is a command.
    if (/^[gf]$/i.test(event.key) && row.id !== selected) {
      setCursor(undefined)
      view.change({ conversation: row.id }, 'push')
    }
  }

  const columns = useMemo(() => conversationColumns(listed?.worstHarmMs ?? 0), [listed?.worstHarmMs])
  return (
    <Pane
      title="Conversations"
      waiting={!answers(answered, question)}
      more={answered !== key}
      count={
        listed && (
          <>
            {formatCounted(listed.total, 'conversation')}
            {(range !== undefined || filter !== '') && ' with packets shown; the numbers are of these packets'}
          </>
        )
      }
    >
      <div className="conversations" onKeyDown={onKeyDown}>
        <DataGrid
          id="conversations"
          label="Conversations"
          columns={columns}
          count={error === undefined ? (listed?.total ?? 0) : 0}
          rowHeight={ROW_HEIGHT}
          row={(index) => pages?.row(index)}
          onVisible={onVisible}
          active={active}
          onActive={setCursor}
          onPress={(index) => void choose(index, 'click')}
          onOpen={(index) => void choose(index, 'key')}
          onHover={(index) => onPoint(index === undefined ? undefined : pages?.row(index))}
          onMenu={(index, x, y) => {
            const row = pages?.row(index)
            if (!row) return
            setCursor(index)
            setOpen({ x, y, items: menu(row) })
          }}
          onCopy={(index) => {
            const row = pages?.row(index)
            if (row) onCopy(row)
          }}
          rowClass={(row) => (row.id === selected ? 'chosen' : '')}
          sort={sort}
          onSort={(name) => {
            const next = columns.find((column) => column.sort === name)?.sort
            if (!next) return
            const again = next === sort.key
            view.change(
              { sort: { key: next, descending: again ? !sort.descending : DESCENDING_FIRST.has(next) } },
              'push',
            )
            setCursor(undefined)
          }}
          empty={
            error !== undefined ? (
              <EmptyState tone="bad" title="The filter could not be applied" actions={widenings(view, { filter })}>
                {error}
              </EmptyState>
            ) : (
              listed && (
                <EmptyState
                  title={reading ? 'No conversation yet' : 'No conversation here'}
                  actions={widenings(view, { filter, range })}
                >
                  {nothing
                    ? 'There is no packet.'
                    : stopped
                      ? 'No packet of any conversation matches so far: the search was stopped.'
                      : filter || range
                        ? `No packet of any conversation ${unmet({ filter, range })}.`
                        : 'No packet has addresses that could be paired.'}
                </EmptyState>
              )
            )
          }
        />
      </div>
      {open && <ContextMenu {...open} onClose={() => setOpen(undefined)} />}
    </Pane>
  )
}

const DESCENDING_FIRST: ReadonlySet<ConversationSort> = new Set([
  'harmMs',
  'packetsAB',
  'bytesAB',
  'retransmissions',
  'resets',
  'outOfOrder',
  'zeroWindows',
  'initialRttNs',
  'toClient',
  'toServer',
])
