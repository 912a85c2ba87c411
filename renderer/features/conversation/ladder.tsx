import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow, LadderRow } from '../../../engine/engine.ts'
import { Address } from '../../components/address.tsx'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { DataGrid, type Column } from '../../components/data-grid.tsx'
import { useNumberWidth } from '../../components/frame-number.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { endpointText } from '../../components/filter-text.ts'
import { formatCounted, formatDuration, formatSeconds } from '../../components/format.ts'
import { PagedRows } from '../../components/paged-rows.ts'
import { Pane } from '../../components/pane.tsx'
import { queryOf } from '../../components/query-of.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { unmet, widenings } from '../../components/widenings.ts'
import { Arrow } from './arrow.tsx'
import { NoSubject, useSubject, type ConversationViewProps } from './subject.tsx'
import './conversation.css'
import './ladder.css'

interface LadderProps extends ConversationViewProps {
  /** Items for the menu of a packet. */
  readonly menu: (row: LadderRow) => MenuPlace['items']
  readonly onOpen: () => void
}

const ROW_HEIGHT = 30
/** A wait worth seeing: well beyond a delayed ACK (40 ms), half of the shortest retransmission time-out of Linux (200 ms). */
const PAUSE_NS = 100e6

interface Listed {
  readonly id: number
  readonly conversation: number
  readonly count: number
  readonly pages: PagedRows<LadderRow>
}

/** The packets between the two ends as arrows, down the time. */
export function Ladder({ session, view, version, menu, onOpen }: LadderProps): ReactNode {
  const subject = useSubject({ session, view, version })
  const filter = useStore(view.store, (state) => state.filter)
  const range = useStore(view.store, (state) => state.range)
  const row = useStore(view.store, (state) => state.row)
  const [open, setOpen] = useState<MenuPlace>()
  const last = useRef<Listed | undefined>(undefined)
  const conversation = subject?.row.id

  const query = queryOf({ filter, range, conversation })
  const key = conversation === undefined ? undefined : JSON.stringify([query, version])
  const {
    value: listed,
    error,
    key: answered,
  } = useAnswer<Listed>(key, async () => {
    const id = conversation ?? 0
    const selection = await session.engine.select(query)
    const known = last.current?.id === selection.id ? last.current.pages : undefined
    const pages =
      known ?? new PagedRows<LadderRow>((start, count) => session.engine.ladder(selection.id, id, start, count))
    if (known) known.invalidate()
    else await pages.ready(0, 40)
    last.current = { ...selection, conversation: id, pages }
    return last.current
  })
  const current = listed?.conversation === conversation ? listed : undefined
  const { pages } = current ?? {}
  useSyncExternalStore(
    useMemo(() => pages?.subscribe ?? (() => () => undefined), [pages]),
    () => pages?.version() ?? 0,
  )
  const { value: located } = useAnswer(
    row === undefined || !current ? undefined : `${current.id} ${current.count} ${row}`,
    async () => ({ row, id: current?.id, ...(await session.engine.position(current?.id ?? 0, row ?? 0)) }),
  )
  // Where a key has moved to, until the packet there is known.
  const [moved, setMoved] = useState<{
    readonly id: number
    readonly index: number
    readonly row: number | undefined
  }>()
  const active =
    moved && moved.id === current?.id && moved.row === row
      ? moved.index
      : located && located.found && located.row === row && located.id === current?.id
        ? located.index
        : undefined

  const select = useCallback(
    async (index: number) => {
      if (!current) return
      const known = current.pages.row(index)
      const found = known ?? (await session.engine.ladder(current.id, current.conversation, index, 1))[0]
      if (!found) return
      setMoved({ id: current.id, index, row: found.row })
      view.change({ row: found.row })
    },
    [current, session, view],
  )
  const onVisible = useCallback((first: number, shown: number) => pages?.want(first, shown), [pages])
  useEffect(() => setOpen(undefined), [conversation])

  const numberWidth = useNumberWidth(60)
  const columns = useMemo(() => ladderColumns(subject?.row, numberWidth), [subject?.row, numberWidth])
  const count = error === undefined ? (current?.count ?? 0) : 0
  return (
    <Pane
      title="Ladder"
      waiting={key !== undefined && answered !== key && current === undefined}
      count={current && formatCounted(count, 'packet')}
    >
      {subject === null ? (
        <div className="conversation-empty">
          <NoSubject session={session} view={view} what="Here its packets are arrows between its two ends." />
        </div>
      ) : (
        <div className="ladder">
          <DataGrid
            id="ladder"
            label="Ladder"
            columns={columns}
            count={count}
            rowHeight={ROW_HEIGHT}
            row={(index) => pages?.row(index)}
            onVisible={onVisible}
            active={active}
            onActive={(index) => void select(index)}
            onOpen={onOpen}
            onMenu={(index, x, y) => {
              const found = pages?.row(index)
              if (!found) return
              void select(index)
              setOpen({ x, y, items: menu(found) })
            }}
            rowClass={(packet) => `tone-${packet.tone}${isPause(packet) ? ' after-pause' : ''}`}
            empty={
              error !== undefined ? (
                <EmptyState tone="bad" title="The filter could not be applied" actions={widenings(view, { filter })}>
                  {error}
                </EmptyState>
              ) : (
                current && (
                  <EmptyState title="None of its packets is shown" actions={widenings(view, { filter, range })}>
                    No packet of this conversation {unmet({ filter, range })}.
                  </EmptyState>
                )
              )
            }
          />
        </div>
      )}
      {open && <ContextMenu {...open} onClose={() => setOpen(undefined)} />}
    </Pane>
  )
}

function isPause({ since }: LadderRow): boolean {
  return since !== undefined && since >= PAUSE_NS
}

function ladderColumns(conversation: ConversationRow | undefined, numberWidth: number): readonly Column<LadderRow>[] {
  const a = conversation && endpointText(conversation.addressA, conversation.portA)
  const b = conversation && endpointText(conversation.addressB, conversation.portB)
  return [
    { key: 'number', title: 'No.', width: numberWidth, numeric: true, cell: (packet) => packet.frame },
    {
      key: 'time',
      title: 'Time',
      about: 'Seconds since the first packet of the capture',
      width: 88,
      numeric: true,
      cell: (packet) => formatSeconds(packet.time),
    },
    {
      key: 'since',
      title: 'Since',
      about: 'Since the packet listed before it',
      width: 72,
      numeric: true,
      cell: (packet) => packet.since !== undefined && formatDuration(packet.since),
    },
    {
      key: 'arrow',
      title: `${a} to ${b}`,
      head: (
        <span className="ladder-ends">
          {conversation && (
            <>
              <span>
                <Address address={conversation.addressA} port={conversation.portA} />
              </span>
              <span>
                <Address address={conversation.addressB} port={conversation.portB} />
              </span>
            </>
          )}
        </span>
      ),
      width: 360,
      cell: (packet) => <Arrow packet={packet} pause={isPause(packet) ? packet.since : undefined} />,
    },
  ]
}
