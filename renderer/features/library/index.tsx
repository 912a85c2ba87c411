import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { LibraryCapture } from '../../../common/model/live-capture.ts'
import { Confirm } from '../../components/confirm.tsx'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { DataGrid, type Column } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatBytes, formatCount, formatDuration, formatMoment, type Zone } from '../../components/format.ts'
import { Pane } from '../../components/pane.tsx'
import { useZone } from '../../components/zone.ts'
import './library.css'

export interface LibraryProps {
  readonly captures: readonly LibraryCapture[] | undefined
  /** Why there is no list. */
  readonly problem: string | undefined
  readonly onOpen: (capture: LibraryCapture) => void
  readonly onRepeat: (capture: LibraryCapture) => void
  /** Goes on with one that was interrupted. */
  readonly onResume: (capture: LibraryCapture) => void
  readonly onDelete: (capture: LibraryCapture) => void
}

const ROW_HEIGHT = 24

/** The captures from clusters that are kept: open, make again, go on with, delete. */
export function Library({ captures, problem, onOpen, onRepeat, onResume, onDelete }: LibraryProps): ReactNode {
  const zone = useZone()
  const columns = useMemo(() => columnsIn(zone), [zone])
  const [active, setActive] = useState<number>()
  const [menu, setMenu] = useState<MenuPlace>()
  const [deleting, setDeleting] = useState<LibraryCapture>()
  const list = captures ?? []
  const row = active === undefined ? undefined : list[active]
  const onVisible = useCallback(() => undefined, [])

  function items(capture: LibraryCapture): MenuPlace['items'] {
    return [
      { title: 'Open', hint: 'Enter', run: () => onOpen(capture) },
      ...(capture.state === 'interrupted' ? [{ title: 'Go on with it', run: () => onResume(capture) }] : []),
      {
        title: 'Repeat with the same settings',
        disabled: capture.order === undefined,
        run: () => onRepeat(capture),
      },
      'line',
      { title: 'Delete…', hint: 'Del', disabled: capture.state === 'live', run: () => setDeleting(capture) },
    ]
  }

  return (
    <Pane
      title="Captures"
      actions={
        <>
          {list.length > 0 && !row && <span className="library-count">{formatBytes(sizeOf(list))} in all</span>}
          {row && (
            <>
              <button type="button" className="button small" onClick={() => onOpen(row)}>
                Open
              </button>
              {row.state === 'interrupted' && (
                <button type="button" className="button small" onClick={() => onResume(row)}>
                  Go on with it
                </button>
              )}
              {row.order !== undefined && (
                <button type="button" className="button small" onClick={() => onRepeat(row)}>
                  Repeat
                </button>
              )}
              {row.state !== 'live' && (
                <button type="button" className="button small" onClick={() => setDeleting(row)}>
                  Delete…
                </button>
              )}
            </>
          )}
        </>
      }
    >
      <div
        className="library"
        onKeyDown={(event) => {
          if (event.key === 'Delete' && row && row.state !== 'live') setDeleting(row)
        }}
      >
        <DataGrid<LibraryCapture>
          id="library"
          label="Captures"
          columns={columns}
          count={list.length}
          rowHeight={ROW_HEIGHT}
          row={(index) => list[index]}
          onVisible={onVisible}
          active={active}
          onActive={setActive}
          onOpen={(index) => {
            const capture = list[index]
            if (capture) onOpen(capture)
          }}
          onMenu={(index, x, y) => {
            const capture = list[index]
            if (!capture) return
            setActive(index)
            setMenu({ x, y, items: items(capture) })
          }}
          empty={
            problem !== undefined ? (
              <EmptyState tone="bad" title="The captures can't be listed">
                {problem}
              </EmptyState>
            ) : (
              captures && (
                <EmptyState title="No capture has been made here yet">
                  Choose pods, a workload, a service or a node in the other lists and press Enter. What is captured is
                  kept here.
                </EmptyState>
              )
            )
          }
        />
        {/* Below the rows: the one that was clicked stays under the pointer. */}
        {row && row.state !== 'live' && (row.message ?? WHY[row.state]) !== undefined && (
          <p className="library-why">
            {row.title}, {STATES[row.state]}: {row.message ?? WHY[row.state]}
          </p>
        )}
        {row?.joined && <p className="library-joined">Joined from {row.joined.join(', ')}</p>}
      </div>
      {menu && <ContextMenu {...menu} onClose={() => setMenu(undefined)} />}
      {deleting && (
        <Confirm
          title={`Delete ${deleting.title}?`}
          action="Delete"
          onConfirm={() => onDelete(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          {deleting.name}, {formatBytes(deleting.size)}, captured {whenText(deleting.startedAt, zone)}. The file and
          what is kept beside it are deleted for good.
        </Confirm>
      )}
    </Pane>
  )
}

const sizeOf = (list: readonly LibraryCapture[]) => list.reduce((sum, { size }) => sum + size, 0)

/** To the minute. */
const whenText = (at: number, zone: Zone) => formatMoment(at, zone).slice(0, -3)

const STATES: Readonly<Record<LibraryCapture['state'], string>> = {
  live: 'being captured',
  complete: 'complete',
  incomplete: 'incomplete',
  failed: 'failed',
  interrupted: 'interrupted',
}

/** Where nobody was left to say why. */
const WHY: Readonly<Partial<Record<LibraryCapture['state'], string>>> = {
  interrupted:
    'Hopscope or its disk gave out while it was captured. Go on with it: pods keep what is not in the file for some ten minutes, and afterwards it can at least be closed in order.',
}

const columnsIn = (zone: Zone): readonly Column<LibraryCapture>[] => [
  { key: 'when', title: 'When', width: 138, cell: ({ startedAt }) => whenText(startedAt, zone) },
  { key: 'title', title: 'What', width: 138, widest: 420, cell: ({ title }) => title },
  {
    key: 'state',
    title: 'State',
    width: 96,
    cell: ({ state, message }) => (
      <span className={state === 'complete' || state === 'live' ? '' : 'row-trouble'} title={message}>
        {STATES[state]}
      </span>
    ),
  },
  {
    key: 'packets',
    title: 'Packets',
    width: 70,
    numeric: true,
    cell: ({ packets }) => (packets === undefined ? '' : formatCount(packets)),
  },
  {
    key: 'notes',
    title: 'Notes',
    width: 52,
    numeric: true,
    cell: ({ notes }) => (notes === undefined ? '' : formatCount(notes)),
  },
  { key: 'size', title: 'Size', width: 68, numeric: true, cell: ({ size }) => formatBytes(size) },
  {
    key: 'lasted',
    title: 'Lasted',
    width: 86,
    numeric: true,
    cell: ({ startedAt, endedAt }) => (endedAt === undefined ? '' : formatDuration((endedAt - startedAt) * 1e6)),
  },
  { key: 'context', title: 'Context', width: 110, cell: ({ context }) => context },
  { key: 'points', title: 'Points', width: 170, cell: ({ points }) => points.join(', ') },
]
