import { ArrowDownToLine } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureFacts, PacketRow } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { TimeFormat } from '../../app/preferences.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { DataGrid } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount, formatCounted, formatShare } from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { isNarrowed } from '../../components/filter-text.ts'
import { Pane } from '../../components/pane.tsx'
import { PAGE, PagedRows } from '../../components/paged-rows.ts'
import { queryOf, type Scope } from '../../components/query-of.ts'
import { answers, useAnswer } from '../../components/use-answer.ts'
import type { PacketOrder } from '../../worker/engine-service.ts'
import { useNumberWidth } from '../../components/frame-number.ts'
import { widenings } from '../../components/widenings.ts'
import { packetColumns, type PacketColumn } from './columns.tsx'
import './packets.css'

export interface PacketsProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
  readonly reading: boolean
  readonly timeFormat: TimeFormat
  /** Items for the menu of a packet. */
  readonly menu: (row: PacketRow) => MenuPlace['items']
  readonly onShown: (count: number | undefined) => void
  /** Enter or a double click on the selected packet. */
  readonly onOpen: () => void
  readonly onCopy: (row: PacketRow) => void
}

const ROW_HEIGHT = 20

interface Listed {
  readonly id: number
  readonly count: number
  /** The search was stopped after so many packets. */
  readonly looked: number | undefined
  readonly pages: PagedRows<PacketRow>
  /** Of the session: what was loaded before may lack what could not be read then. */
  readonly resumed: number
}

/** The packets that match filter, time range and conversation. The arrow keys select, and the inspector follows. */
export function Packets({
  session,
  view,
  facts,
  version,
  reading,
  timeFormat,
  menu,
  onShown,
  onOpen,
  onCopy,
}: PacketsProps): ReactNode {
  const zone = useZone()
  const filter = useStore(view.store, (state) => state.filter)
  const conversation = useStore(view.store, (state) => state.conversation)
  const range = useStore(view.store, (state) => state.range)
  const row = useStore(view.store, (state) => state.row)
  const order = useStore(view.store, (state) => state.order)
  const reference = useStore(view.store, (state) => state.reference)
  const resumed = useStore(session.progress, (state) => state.resumed)
  // Of a capture that is being made, the newest stay on screen until one looks at others: in the order of the file they come last.
  const grows = useStore(session.progress, ({ progress }) => progress?.phase === 'reading' && progress.size === 0)
  const canFollow = grows && order === undefined
  const [atEnd, setAtEnd] = useState(row === undefined)
  const following = canFollow && atEnd
  const { value: counted } = useAnswer(reference === undefined ? undefined : `${reference} ${version}`, () =>
    session.engine.packet(reference ?? 0),
  )
  const origin = reference === undefined ? undefined : counted
  const [open, setOpen] = useState<MenuPlace | undefined>()
  // As many as the list ever had on screen: an empty one says nothing of the next.
  const visible = useRef({ first: 0, count: 20 })
  const last = useRef<Listed | undefined>(undefined)

  const query = useMemo(() => queryOf({ filter, range, conversation }), [filter, range, conversation])

  const question = JSON.stringify([query, order])
  const key = `${question} ${version}`
  const {
    value: listed,
    error,
    key: answered,
    partial,
  } = useAnswer<Listed>(key, async (show) => {
    let have: Listed | undefined
    for (;;) {
      const first = following ? Infinity : visible.current.first
      const part = { ...visible.current, first, page: PAGE, ...(have && { have: { id: have.id, count: have.count } }) }
      const { id, count, complete, looked, rows } = await session.engine.select(query, order, part)
      // The same selection with more packets at its end: what is loaded stays.
      const known = last.current?.id === id && last.current.resumed === resumed ? last.current.pages : undefined
      const pages = known ?? new PagedRows((start, wanted) => session.engine.rows(id, start, wanted))
      if (rows) pages.put(rows.start, rows.of)
      have = last.current = { id, count, looked, pages, resumed }
      if (complete || !show(have)) return have
    }
  })

  const count = error === undefined ? (listed?.count ?? 0) : 0
  useEffect(() => {
    onShown(error === undefined ? listed && count : undefined)
    return () => onShown(undefined)
  }, [listed, count, error, onShown])

  const pages = listed?.pages
  useSyncExternalStore(
    useMemo(() => pages?.subscribe ?? (() => () => undefined), [pages]),
    () => pages?.version() ?? 0,
  )

  // Where the selected packet is in this list. Known at once when it was selected here, asked for when it came from elsewhere.
  const [here, setHere] = useState<{ readonly id: number; readonly index: number; readonly row: number | undefined }>()
  const isHere = here !== undefined && here.id === listed?.id && here.row === row
  const { value: located } = useAnswer(
    row === undefined || !listed || isHere ? undefined : `${listed.id} ${listed.count} ${row}`,
    async () => ({ row, id: listed?.id, ...(await session.engine.position(listed?.id ?? 0, row ?? 0)) }),
  )
  const active = isHere
    ? here.index
    : located && located.found && located.row === row && located.id === listed?.id
      ? located.index
      : undefined

  const chosenHere = useRef(row)
  useEffect(() => {
    if (row !== undefined && row !== chosenHere.current) setAtEnd(false)
  }, [row])
  const select = useCallback(
    async (index: number) => {
      if (!listed) return
      // What one looks at stays where it is, the newest as well: the grid tells of the key for the end behind this.
      setAtEnd(false)
      const known = listed.pages.row(index)
      setHere({ id: listed.id, index, row: known?.row })
      const found = known ?? (await session.engine.rows(listed.id, index, 1))[0]
      if (!found) return
      setHere({ id: listed.id, index, row: found.row })
      chosenHere.current = found.row
      view.change({ row: found.row })
    },
    [listed, session, view],
  )

  const onVisible = useCallback(
    (first: number, shown: number) => {
      visible.current = { first, count: Math.max(shown, visible.current.count) }
      pages?.want(first, shown)
    },
    [pages],
  )

  const numberWidth = useNumberWidth(60)
  const columns = useMemo(
    () =>
      packetColumns(
        timeFormat,
        facts.epochNs,
        zone,
        (index) => (index > 0 ? pages?.row(index - 1)?.time : undefined),
        numberWidth,
        origin,
      ),
    [timeFormat, facts.epochNs, zone, pages, numberWidth, origin],
  )

  // The answer may be older than the facts, and of a capture that grows newer.
  const everything = count >= facts.packets || !isNarrowed({ filter, range, conversation })
  const looked = listed?.looked
  return (
    <Pane
      title="Packets"
      waiting={!answers(answered, question)}
      more={partial || answered !== key}
      count={
        listed &&
        error === undefined &&
        (partial
          ? `${formatCounted(count, 'packet')} so far`
          : everything
            ? formatCounted(Math.max(count, facts.packets), 'packet')
            : looked !== undefined
              ? `${formatCount(count)} of the first ${formatCount(looked)}, then the search was stopped`
              : `${formatCount(count)} of ${formatCounted(facts.packets, 'packet')} (${formatShare(count, facts.packets)})`)
      }
      actions={
        canFollow &&
        !atEnd && (
          <button
            type="button"
            className="button small"
            title="Show packets as they come (End)"
            onClick={(event) => {
              // It goes; the list goes on with its keys.
              event.currentTarget.closest('.pane')?.querySelector<HTMLElement>('[role=grid]')?.focus()
              setAtEnd(true)
            }}
          >
            <ArrowDownToLine size={12} aria-hidden />
            Newest packets
          </button>
        )
      }
    >
      <DataGrid
        id="packets"
        label="Packets"
        columns={columns}
        count={count}
        rowHeight={ROW_HEIGHT}
        row={(index) => pages?.row(index)}
        onVisible={onVisible}
        active={active}
        onActive={(index) => void select(index)}
        atEnd={following}
        onAtEnd={setAtEnd}
        onOpen={onOpen}
        onCopy={(index) => {
          const found = pages?.row(index)
          if (found) onCopy(found)
        }}
        onMenu={(index, x, y) => {
          const found = pages?.row(index)
          if (!found) return
          void select(index)
          setOpen({ x, y, items: menu(found) })
        }}
        rowClass={toneClass}
        sort={order ?? FILE_ORDER}
        onSort={(name) => view.change({ order: nextOrder(order, columns, name) }, 'push')}
        empty={
          error !== undefined ? (
            <EmptyState
              tone="bad"
              title={
                order
                  ? 'The packets could not be listed in this order'
                  : filter
                    ? 'The filter could not be applied'
                    : 'The packets could not be listed'
              }
              actions={
                order
                  ? [{ title: 'Order of the file', run: () => view.change({ order: undefined }, 'push') }]
                  : widenings(view, { filter })
              }
            >
              {error}
            </EmptyState>
          ) : (
            listed && (
              <NothingMatches
                view={view}
                scope={{ filter, range, conversation }}
                reading={reading}
                looking={partial}
                stopped={looked !== undefined && { looked, goOn: () => session.goOnSearching() }}
                facts={facts}
              />
            )
          )
        }
      />
      {open && <ContextMenu {...open} onClose={() => setOpen(undefined)} />}
    </Pane>
  )
}

const FILE_ORDER: PacketOrder = { key: 'frame', descending: false }

/** What a click on the head of a column means: up, then down; up by number is the order of the file. */
function nextOrder(
  order: PacketOrder = FILE_ORDER,
  columns: readonly PacketColumn[],
  name: string,
): PacketOrder | undefined {
  const key = columns.find((column) => column.sort === name)?.sort
  if (!key) return order
  const next = { key, descending: key === order.key && !order.descending }
  return next.key === 'frame' && !next.descending ? undefined : next
}

function toneClass(row: PacketRow): string {
  return `tone-${row.tone}`
}

interface NothingMatchesProps {
  readonly view: ViewStore
  readonly scope: Scope
  readonly reading: boolean
  /** Not all packets have been looked at. */
  readonly looking?: boolean
  /** Only the first `looked` were, then the search was stopped. */
  readonly stopped?: { readonly looked: number; readonly goOn: () => void } | false
  readonly facts: CaptureFacts
}

/** Why the list is empty: each condition that may be to blame, and the button that lifts it. */
function NothingMatches({
  view,
  scope,
  reading,
  looking = false,
  stopped = false,
  facts,
}: NothingMatchesProps): ReactNode {
  const { packets: total } = facts
  const { filter, range, conversation } = scope
  if (total === 0) return <EmptyState title={reading ? 'No packet yet' : 'No packet in this part of the capture'} />
  const actions = widenings(view, scope)
  const where = [range && 'in the selected time', conversation !== undefined && 'in the selected conversation']
    .filter(Boolean)
    .join(', ')
  if (looking) {
    return (
      <EmptyState title="No packet matches so far" actions={actions}>
        The packets are being read for <code>{filter}</code>; what matches is listed as soon as it is found.
      </EmptyState>
    )
  }
  if (stopped) {
    return (
      <EmptyState
        title="No packet matches so far"
        actions={[{ title: 'Go on searching', run: stopped.goOn }, ...actions]}
      >
        None of the first {formatCount(stopped.looked)} packets matches <code>{filter}</code>; then the search was
        stopped.
      </EmptyState>
    )
  }
  return (
    <EmptyState title={actions.length > 1 ? 'No packet meets all conditions' : 'No packet matches'} actions={actions}>
      None of {formatCount(total)} packets
      {filter && (
        <>
          {' '}
          matches <code>{filter}</code>
        </>
      )}
      {where && ` ${filter ? '' : 'is '}${where}`}
      {reading ? ' so far; the capture is still being read.' : '.'}
    </EmptyState>
  )
}
