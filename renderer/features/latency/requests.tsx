import { useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import type { ExchangeRow, ExchangeSort, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { Address } from '../../components/address.tsx'
import { DataGrid, type Column, type GridSort } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatDuration, formatSeconds } from '../../components/format.ts'
import { PagedRows } from '../../components/paged-rows.ts'
import { useAnswer } from '../../components/use-answer.ts'

interface RequestsProps {
  readonly session: CaptureSession
  readonly query: Query
  readonly protocol: string
  readonly version: number
  /** By one of its columns; the slowest first without. */
  readonly sort: GridSort | undefined
  readonly onSort: (sort: GridSort) => void
  readonly onRequest: (row: ExchangeRow) => void
  readonly onConversation: (row: ExchangeRow) => void
}

const time = (ns: number | undefined): string => (ns === undefined ? '' : formatDuration(ns))

const COLUMNS: readonly Column<ExchangeRow>[] = [
  { key: 'time', title: 'Time', width: 66, numeric: true, sort: 'time', cell: (row) => formatSeconds(row.time, 3) },
  {
    key: 'totalNs',
    title: 'Total',
    about: 'From the first byte of the request to the last of the response; without an answer, how long was waited',
    width: 80,
    numeric: true,
    sort: 'totalNs',
    cell: (row) => `${row.outcome === 'unanswered' ? '> ' : ''}${formatDuration(row.totalNs)}`,
  },
  { key: 'ask', title: 'Request', width: 150, widest: 300, sort: 'ask', cell: (row) => row.ask },
  {
    key: 'server',
    title: 'To',
    about: 'The server',
    width: 150,
    widest: 240,
    sort: 'server',
    cell: (row) => <Address address={row.server} port={row.serverPort} />,
  },
  { key: 'answer', title: 'Answer', width: 80, widest: 160, sort: 'answer', cell: (row) => row.answer || row.outcome },
  {
    key: 'networkNs',
    title: 'Network',
    about: 'The way there and back, from round trips',
    width: 76,
    numeric: true,
    sort: 'networkNs',
    cell: (row) => time(row.networkNs),
  },
  {
    key: 'serverNs',
    title: 'Server',
    about: 'Until the first byte of the answer, less the network',
    width: 76,
    numeric: true,
    sort: 'serverNs',
    cell: (row) => time(row.serverNs),
  },
  {
    key: 'transferNs',
    title: 'Transfer',
    about: 'From the first byte of the answer to its last',
    width: 76,
    numeric: true,
    sort: 'transferNs',
    cell: (row) => time(row.transferNs),
  },
  {
    key: 'stallNs',
    title: 'Stall',
    about: 'Standing still: waiting for retransmissions, at a closed window',
    width: 76,
    numeric: true,
    sort: 'stallNs',
    cell: (row) => time(row.stallNs),
  },
  {
    key: 'client',
    title: 'From',
    about: 'The client',
    width: 140,
    sort: 'client',
    cell: (row) => <Address address={row.client} port={row.clientPort} />,
  },
]

const SORTS: ReadonlySet<string> = new Set(COLUMNS.map(({ key }) => key))
const SLOWEST_FIRST = { key: 'totalNs', descending: true } as const
const isSort = (key: string): key is ExchangeSort => SORTS.has(key)

/** The requests of a protocol with where their time went, the slowest first. */
export function Requests(props: RequestsProps): ReactNode {
  const { session, query, protocol, version, onSort, onRequest, onConversation } = props
  const { key: asked = '', descending = true } = props.sort ?? {}
  const sort = isSort(asked) ? { key: asked, descending } : SLOWEST_FIRST
  const [active, setActive] = useState<number>()
  const first = useRef(0)
  const key = JSON.stringify([query, protocol, sort, version])
  const { value: listed, error } = useAnswer(key, async () => {
    const list = { protocol, sort: sort.key, descending: sort.descending }
    const { total } = await session.engine.exchanges(query, list, 0, 0)
    const pages = new PagedRows(
      async (start, count) => (await session.engine.exchanges(query, list, start, count)).rows,
    )
    await pages.ready(Math.max(0, Math.min(first.current, total - 40)), 40)
    return { total, pages }
  })
  const pages = listed?.pages
  useSyncExternalStore(
    useMemo(() => pages?.subscribe ?? (() => () => undefined), [pages]),
    () => pages?.version() ?? 0,
  )

  function choose(index: number): void {
    setActive(index)
    const row = pages?.row(index)
    if (row) onRequest(row)
  }

  return (
    <DataGrid
      id="requests"
      label="Requests"
      columns={COLUMNS}
      count={listed?.total ?? 0}
      rowHeight={22}
      row={(index) => pages?.row(index)}
      onVisible={(start, count) => {
        first.current = start
        pages?.want(start, count)
      }}
      active={active}
      onActive={choose}
      onOpen={(index) => {
        const row = pages?.row(index)
        if (row) onConversation(row)
      }}
      rowClass={({ outcome }) => (outcome === 'failed' || outcome === 'unanswered' ? 'request-bad' : '')}
      sort={sort}
      onSort={(name) => {
        onSort({ key: name, descending: sort.key === name ? !sort.descending : name !== 'time' })
      }}
      empty={
        error !== undefined ? (
          <EmptyState tone="bad" title="The requests could not be listed">
            {error}
          </EmptyState>
        ) : (
          listed && <EmptyState title="No request here">None begins in the time and the filter shown.</EmptyState>
        )
      }
    />
  )
}
