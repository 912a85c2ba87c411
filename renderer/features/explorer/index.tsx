import { useCallback, useDeferredValue, useEffect, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { ExplorerKind, ExplorerProblem, PodRow } from '../../../common/model/explorer.ts'
import type { PointTarget } from '../../../common/model/live-capture.ts'
import { useNow } from '../../components/age.ts'
import { ContextMenu } from '../../components/context-menu.tsx'
import { DataGrid, type Column } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import type { HostWatch } from '../../components/use-watched.ts'
import { markColumn, nodeColumns, podColumns, serviceColumns, workloadColumns } from './columns.tsx'
import { NodeView, PodView, ServiceView, WorkloadView } from './details.tsx'
import { findRows, podsOfService, podsOfWorkload, sortRows, type AnyRow, type RowSort } from './find-rows.ts'
import { rowMenu, type RowActions } from './row-menu.ts'
import { keyOfTarget, selectorOf, targetsOf, titleOf } from './targets.ts'
import { useRows, type Rows } from './use-rows.ts'
import './explorer.css'

export const KINDS = ['pods', 'workloads', 'services', 'nodes'] as const
export type ShownKind = (typeof KINDS)[number] & ExplorerKind
export const KIND_TITLES: Readonly<Record<ShownKind, string>> = {
  pods: 'Pods',
  workloads: 'Workloads',
  services: 'Services',
  nodes: 'Nodes',
}

/** What is chosen in the list, for the panel beside it. */
export interface Chosen {
  readonly kind: ShownKind
  readonly row: AnyRow
}

export interface ExplorerProps extends RowActions {
  readonly host: HostWatch
  readonly revision: number
  readonly kind: ShownKind
  /** "" for all. */
  readonly namespace: string
  readonly pods: Rows<PodRow>
  readonly points: readonly PointTarget[]
  readonly chosen: Chosen | undefined
  readonly onChoose: (chosen: Chosen | undefined) => void
}

const ROW_HEIGHT = 24

/** A cluster's pods, workloads, services or nodes, live, to search and to choose from. */
export function Explorer(props: ExplorerProps): ReactNode {
  const { host, context, revision, kind, namespace, pods } = props
  const at = { context: context.name, namespace, revision }
  const others = useRows(host, kind === 'pods' ? undefined : { ...at, kind })
  const shown = kind === 'pods' ? pods : others
  const [search, setSearch] = useState('')
  const wanted = useDeferredValue(search)
  const [sort, setSort] = useState<RowSort>()
  const now = useNow(15_000)
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number; readonly key: string }>()
  const { rows, version } = shown
  const found: readonly AnyRow[] = useMemo(
    () => {
      const all = findRows<AnyRow>(rows.values(), wanted)
      return sort ? sortRows(all, sort) : all
    },
    // The map is one and changes in place; its version says when.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [rows, version, wanted, sort],
  )
  const { chosen, onChoose } = props
  const active = chosen?.kind === kind ? found.findIndex(({ key }) => key === chosen.row.key) : -1
  const keys = useMemo(() => new Set(props.points.map(keyOfTarget)), [props.points])
  const targets = (row: AnyRow) => targetsOf(row, pods.rows.values())
  const isMarked = (row: AnyRow) => {
    const own = targets(row)
    return own.length > 0 && own.every((target) => keys.has(keyOfTarget(target)))
  }
  const columns: readonly Column<AnyRow>[] = [
    markColumn<AnyRow>({ marked: isMarked, toggle: (row) => props.onPoints(targets(row), titleOf(row)) }),
    ...columnsOf(kind, now, namespace === ''),
  ]

  function open(index: number): void {
    const row = found[index]
    if (row) props.onCapture(targets(row), titleOf(row), selectorOf(row))
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Without a cursor it means the first one, as Enter does.
    const row = found[active < 0 ? 0 : active]
    if (event.key !== ' ' || !row) return
    event.preventDefault()
    if (active < 0) onChoose({ kind, row })
    props.onPoints(targets(row), titleOf(row))
  }

  // Arrow keys work at once, unless something else was given the focus.
  useEffect(() => {
    if (document.activeElement === document.body) focusList(kind)
    // When the cluster's lists come into view, not with each of them.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  // The menu is of the row as it is now: what can't be done in a pod that starts can be a moment later.
  const listed = menu && rows.get(menu.key)
  // It does not come back with another pod of that name.
  if (menu && !listed) setMenu(undefined)

  const onVisible = useCallback(() => undefined, [])
  return (
    <Pane
      title={KIND_TITLES[kind]}
      actions={
        <>
          <span className="explorer-count" role="status">
            {countText(found.length, rows.size, shown)}
          </span>
          <input
            type="search"
            className="field explorer-search"
            aria-label="Search"
            placeholder="Name, label or address"
            title="Search (/)"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
              event.preventDefault()
              if (active < 0 && found[0]) onChoose({ kind, row: found[0] })
              focusList(kind)
            }}
          />
        </>
      }
    >
      <div className="explorer-list" onKeyDown={onKeyDown}>
        <DataGrid<AnyRow>
          key={kind}
          id={`explorer.${kind}`}
          label={KIND_TITLES[kind]}
          columns={columns}
          count={found.length}
          rowHeight={ROW_HEIGHT}
          row={(index) => found[index]}
          onVisible={onVisible}
          {...(sort ? { sort } : {})}
          onSort={(key) =>
            setSort((was) =>
              was?.key !== key ? { key, descending: false } : was.descending ? undefined : { key, descending: true },
            )
          }
          active={active < 0 ? undefined : active}
          onActive={(index) => {
            const row = found[index]
            if (row) onChoose({ kind, row })
          }}
          onOpen={open}
          onMenu={(index, x, y) => {
            const row = found[index]
            if (!row) return
            onChoose({ kind, row })
            setMenu({ x, y, key: row.key })
          }}
          onCopy={(index) => {
            const row = found[index]
            if (row) props.onCopy(row.name)
          }}
          empty={emptyText()}
        />
        {/* Below the rows, which so stay where they are. */}
        {rows.size > 0 && <Problems problems={shown.problems} />}
      </div>
      {menu && listed && (
        <ContextMenu
          x={menu.x}
          y={menu.y}
          items={rowMenu(listed, targets(listed), isMarked(listed), props)}
          onClose={() => setMenu(undefined)}
        />
      )}
    </Pane>
  )

  function emptyText(): ReactNode {
    if (shown.error !== undefined)
      return (
        <EmptyState tone="bad" title="The cluster can't be asked">
          {shown.error}
        </EmptyState>
      )
    if (shown.problems.length > 0 && rows.size === 0) {
      const tone = shown.problems.every(({ forbidden }) => forbidden) ? {} : { tone: 'bad' as const }
      return (
        <EmptyState {...tone} title={`No ${kind} can be listed`}>
          {problemTexts(shown.problems).join(' ')}
        </EmptyState>
      )
    }
    if (!shown.synced) return <p className="quiet">Reading {KIND_TITLES[kind].toLowerCase()}…</p>
    if (rows.size > 0) return <EmptyState title={`None of ${formatCount(rows.size)} has “${wanted}”`} />
    return <EmptyState title={`There are no ${kind}${namespace === '' ? '' : ` in namespace ${namespace}`}`} />
  }
}

function focusList(kind: ShownKind): void {
  document.querySelector<HTMLElement>(`[data-grid="explorer.${kind}"]`)?.focus()
}

/** What may not be seen, once and quietly; the rest is there. */
function Problems({ problems }: { readonly problems: readonly ExplorerProblem[] }): ReactNode {
  if (problems.length === 0) return undefined
  return (
    <div
      className="explorer-problems"
      role="status"
      title={problems.map(({ what, message }) => `${what}: ${message}`).join('\n')}
    >
      {problemTexts(problems).map((text) => (
        <p key={text}>{text}</p>
      ))}
    </div>
  )
}

function problemTexts(problems: readonly ExplorerProblem[]): string[] {
  const forbidden = problems.filter((problem) => problem.forbidden).map(({ what }) => what)
  const other = problems.find((problem) => !problem.forbidden)
  const elsewhere = forbidden.some((what) => / in (all namespaces$|namespace )/.test(what))
  return [
    ...(forbidden.length === 0
      ? []
      : [
          `You may not list ${forbidden.join(', ')}.${elsewhere ? ' Type a namespace that is yours at the left.' : ''}`,
        ]),
    ...(other ? [`${other.message} Trying again.`] : []),
  ]
}

export interface DetailsProps {
  readonly host: HostWatch
  readonly context: string
  readonly chosen: Chosen
  readonly pods: Rows<PodRow>
  readonly onPod: (pod: PodRow) => void
}

/** What is known of the chosen row. */
export function Details({ host, context, chosen: { kind, row }, pods, onPod }: DetailsProps): ReactNode {
  const all = pods.rows
  if ('containers' in row) return <PodView host={host} context={context} namespace={row.namespace} name={row.name} />
  if ('desired' in row) return <WorkloadView row={row} pods={podsOfWorkload(all.values(), row)} onPod={onPod} />
  if ('endpoints' in row) return <ServiceView row={row} pods={podsOfService(all.values(), row)} onPod={onPod} />
  if (kind !== 'nodes') return undefined
  const own = [...all.values()].filter((pod) => pod.node === row.name)
  return <NodeView row={row} pods={own} onPod={onPod} />
}

function countText(found: number, all: number, { synced }: { readonly synced: boolean }): string {
  const counted = found === all ? formatCount(all) : `${formatCount(found)} of ${formatCount(all)}`
  return synced ? counted : `${counted}…`
}

/** Each list's columns see rows of its kind only. */
function columnsOf(kind: ShownKind, now: number, allNamespaces: boolean): readonly Column<AnyRow>[] {
  switch (kind) {
    case 'pods':
      return only(podColumns(now, allNamespaces), (row) => ('containers' in row ? row : undefined))
    case 'workloads':
      return only(workloadColumns(now, allNamespaces), (row) => ('desired' in row ? row : undefined))
    case 'services':
      return only(serviceColumns(allNamespaces), (row) => ('endpoints' in row ? row : undefined))
    case 'nodes':
      return only(nodeColumns(now), (row) => ('kubelet' in row ? row : undefined))
  }
}

function only<Row>(
  columns: readonly Column<Row>[],
  narrow: (row: AnyRow) => Row | undefined,
): readonly Column<AnyRow>[] {
  return columns.map((column) => ({
    ...column,
    sort: column.key,
    cell: (row, index) => {
      const own = narrow(row)
      return own && column.cell(own, index)
    },
  }))
}

export { useRows, type Rows } from './use-rows.ts'
export { podsOfSelector } from './find-rows.ts'
export { selectorOf, targetsOf, titleOf } from './targets.ts'
