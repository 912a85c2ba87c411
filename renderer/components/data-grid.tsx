import { ChevronDown, ChevronUp } from 'lucide-react'
import { memo, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { ScrollScale } from './scroll-scale.ts'
import { useColumnWidths } from './use-column-widths.ts'
import './data-grid.css'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** Instead of the title, which then names it only to a screen reader. */
  readonly head?: ReactNode
  /** What it means, for the pointer that rests on the head. */
  readonly about?: string
  /** Pixels; the last column takes what is left, at least this. */
  readonly width: number
  /** It grows up to this where there is room. */
  readonly widest?: number
  readonly numeric?: boolean
  readonly mono?: boolean
  /** The name `onSort` gets, and by which `sort` tells that the list is sorted by it. */
  readonly sort?: string
  readonly cell: (row: Row, index: number) => ReactNode
}

export interface GridSort {
  readonly key: string
  readonly descending: boolean
}

export interface DataGridProps<Row> {
  /** Names the list to a screen reader, and its remembered column widths. */
  readonly id: string
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly count: number
  readonly rowHeight: number
  /** Undefined while it is not loaded. */
  readonly row: (index: number) => Row | undefined
  /** The rows on screen; also called when they stay the same but the data changed. */
  readonly onVisible: (first: number, count: number) => void
  readonly active: number | undefined
  /** An arrow key or a click moved to this row. */
  readonly onActive: (index: number) => void
  /** A click, where that means more than moving there. */
  readonly onPress?: (index: number) => void
  /** Enter, and double click unless clicks are taken. */
  readonly onOpen?: (index: number) => void
  readonly onMenu?: (index: number, x: number, y: number) => void
  /** Ctrl+C on a row. */
  readonly onCopy?: (index: number) => void
  readonly onHover?: (index: number | undefined) => void
  readonly rowClass?: (row: Row) => string
  readonly sort?: GridSort
  readonly onSort?: (key: string) => void
  readonly empty?: ReactNode
  /** Keeps its end on screen while it grows. */
  readonly atEnd?: boolean
  /** The person scrolled away from the end, or went back to it, also with its key. */
  readonly onAtEnd?: (atEnd: boolean) => void
}

const HEAD = 24

/** A table of any length: only the rows on screen exist. Arrow keys move, Enter opens, Shift+F10 asks for the menu. */
export function DataGrid<Row>(props: DataGridProps<Row>): ReactNode {
  const { columns, count, rowHeight, active, onVisible, sort, atEnd = false, onAtEnd } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [viewport, setViewport] = useState(0)
  const [position, setPosition] = useState(0)
  /** The same, also between two pictures, in which a wheel may turn more than once. */
  const place = useRef(0)
  const expected = useRef(0)
  const rowId = useId()
  const widths = useColumnWidths(props.id, columns)
  const scale = useMemo(() => new ScrollScale(count, rowHeight, viewport), [count, rowHeight, viewport])

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = () => {
      setViewport(Math.max(0, element.clientHeight - HEAD))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])

  const moveTo = useCallback(
    (next: number) => {
      const element = scroller.current
      if (!element) return
      const clamped = scale.clamp(next)
      expected.current = scale.toScrollTop(clamped)
      element.scrollTop = expected.current
      place.current = clamped
      setPosition(clamped)
    },
    [scale],
  )

  const onScroll = (): void => {
    const top = scroller.current?.scrollTop ?? 0
    const moved = Math.abs(top - expected.current) >= 1
    if (!moved && !scale.exact) return
    // In an element that has become higher the browser scrolls back, before its new height is known here: that is nobody's wish.
    const grown = (scroller.current?.clientHeight ?? 0) - HEAD > viewport
    if (moved && !grown) onAtEnd?.(scale.isAtEnd(scale.toPosition(top)))
    expected.current = top
    place.current = scale.toPosition(top)
    setPosition(place.current)
  }

  // A scroll bar pixel of a very long list stands for many rows: the wheel must not move by those.
  useEffect(() => {
    const element = scroller.current
    if (!element || scale.exact) return
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.deltaY === 0) return
      event.preventDefault()
      const unit = event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? viewport : 1
      const next = scale.clamp(place.current + event.deltaY * unit)
      moveTo(next)
      onAtEnd?.(event.deltaY > 0 && scale.isAtEnd(next))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => {
      element.removeEventListener('wheel', onWheel)
    }
  }, [scale, rowHeight, viewport, moveTo, onAtEnd])

  const shown = Math.min(position, scale.maxPosition)
  const first = Math.floor(shown / rowHeight)
  const slots = viewport > 0 ? Math.ceil(viewport / rowHeight) + 1 : 0
  const visible = Math.max(0, Math.min(slots, count - first))

  useEffect(() => {
    onVisible(first, visible)
  }, [first, visible, onVisible])

  // Show the active row when it changes, also from outside, but leave the list alone when only its length does.
  const revealed = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    if (viewport === 0 || active === revealed.current) return
    revealed.current = active
    if (active === undefined || atEnd) return
    const next = scale.reveal(position, active, rowHeight)
    if (next !== position) moveTo(next)
  }, [active, viewport, scale, position, rowHeight, moveTo, atEnd])

  useLayoutEffect(() => {
    if (atEnd && viewport > 0) moveTo(scale.maxPosition)
  }, [atEnd, viewport, scale, moveTo])

  function onKeyDown(event: React.KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, Math.floor(viewport / rowHeight) - 1)
    const last = count - 1
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: (active ?? first - 1) + 1,
      ArrowUp: (active ?? first + 1) - 1,
      PageDown: (active ?? first) + page,
      PageUp: (active ?? first) - page,
      Home: 0,
      End: last,
    }
    if (event.key in steps && count > 0) {
      event.preventDefault()
      props.onActive(Math.min(Math.max(0, steps[event.key]), last))
      if (event.key === 'End') onAtEnd?.(true)
    } else if (event.key === 'Enter' && count > 0) {
      event.preventDefault()
      // Without a cursor it means the first one on screen.
      if (active === undefined) props.onActive(first)
      props.onOpen?.(active ?? first)
    } else if ((event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) && active !== undefined) {
      event.preventDefault()
      const box = scroller.current?.getBoundingClientRect()
      if (box) props.onMenu?.(active, box.left + 48, box.top + HEAD + active * rowHeight - shown + rowHeight)
    }
  }

  function indexAt(clientY: number): number | undefined {
    const box = scroller.current?.getBoundingClientRect()
    if (!box || clientY < box.top + HEAD) return undefined
    const index = Math.floor((clientY - box.top - HEAD + shown) / rowHeight)
    return index < count ? index : undefined
  }

  const template = widths.template
  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-activedescendant={
        active !== undefined && active >= first && active < first + visible ? `${rowId}${active}` : undefined
      }
      tabIndex={0}
      data-grid={props.id}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onPointerOver={tellCutText}
      onPointerMove={props.onHover && ((event) => props.onHover?.(indexAt(event.clientY)))}
      onPointerLeave={props.onHover && (() => props.onHover?.(undefined))}
      onClick={(event) => {
        const index = indexAt(event.clientY)
        if (index !== undefined) (props.onPress ?? props.onActive)(index)
      }}
      onDoubleClick={(event) => {
        const index = indexAt(event.clientY)
        if (index !== undefined && !props.onPress) props.onOpen?.(index)
      }}
      onCopy={(event) => {
        if (active === undefined || !props.onCopy || getSelection()?.isCollapsed === false) return
        event.preventDefault()
        props.onCopy(active)
      }}
      onContextMenu={(event) => {
        const index = indexAt(event.clientY)
        if (index === undefined || !props.onMenu) return
        event.preventDefault()
        props.onMenu(index, event.clientX, event.clientY)
      }}
    >
      <div className="grid-head" role="rowgroup" style={{ minWidth: widths.total }}>
        <div className="grid-row" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {columns.map((column, i) => (
            <ColumnHead
              key={column.key}
              column={column}
              sort={sort}
              onSort={props.onSort}
              onResize={i < columns.length - 1 ? (width) => widths.resize(column.key, width) : undefined}
              width={widths.widths[i]}
            />
          ))}
        </div>
      </div>
      <div className="grid-space" role="presentation" style={{ height: scale.spaceHeight, minWidth: widths.total }}>
        <div className="grid-window" role="presentation" style={{ height: Math.min(viewport, scale.contentHeight) }}>
          <div role="rowgroup" style={{ transform: `translateY(${first * rowHeight - shown}px)` }}>
            {Array.from({ length: visible }, (_, i) => {
              const index = first + i
              return (
                <GridRow
                  key={index % slots}
                  id={`${rowId}${index}`}
                  index={index}
                  row={props.row(index)}
                  columns={columns}
                  template={template}
                  height={rowHeight}
                  active={index === active}
                  rowClass={props.rowClass}
                />
              )
            })}
          </div>
        </div>
      </div>
      {count === 0 && (
        // A grid holds nothing but rows.
        <div className="grid-empty" role="row">
          <div role="gridcell">{props.empty}</div>
        </div>
      )}
    </div>
  )
}

/** Text that is cut is told in full to a pointer that rests on it, unless the cell says something itself. */
function tellCutText({ target }: React.PointerEvent): void {
  if (!(target instanceof Element)) return
  const cell = target.closest<HTMLElement>('.grid-body-row > .grid-cell')
  if (!cell) return
  const isCut = [cell, ...cell.querySelectorAll('*')].some((part) => part.scrollWidth > part.clientWidth)
  if (isCut && !cell.querySelector('[title]')) cell.title = cell.textContent
  else cell.removeAttribute('title')
}

interface GridRowProps<Row> {
  readonly id: string
  readonly index: number
  readonly row: Row | undefined
  readonly columns: readonly Column<Row>[]
  readonly template: string
  readonly height: number
  readonly active: boolean
  readonly rowClass: ((row: Row) => string) | undefined
}

function GridRowView<Row>({
  id,
  index,
  row,
  columns,
  template,
  height,
  active,
  rowClass,
}: GridRowProps<Row>): ReactNode {
  const tone = row === undefined ? 'grid-loading' : (rowClass?.(row) ?? '')
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      className={`grid-row grid-body-row ${tone}`}
      style={{ gridTemplateColumns: template, height, lineHeight: `${height}px` }}
    >
      {columns.map((column) => (
        <div
          key={column.key}
          role="gridcell"
          className={`grid-cell${column.numeric ? ' number' : ''}${column.mono ? ' mono' : ''}`}
          data-column={column.key}
        >
          {row !== undefined && column.cell(row, index)}
        </div>
      ))}
    </div>
  )
}

// memo loses the type parameter; the cast gives it back.
// oxlint-disable-next-line typescript/consistent-type-assertions
const GridRow = memo(GridRowView) as typeof GridRowView

interface ColumnHeadProps<Row> {
  readonly column: Column<Row>
  readonly sort: GridSort | undefined
  readonly onSort: ((key: string) => void) | undefined
  readonly onResize: ((width: number) => void) | undefined
  readonly width: number
}

function ColumnHead<Row>({ column, sort, onSort, onResize, width }: ColumnHeadProps<Row>): ReactNode {
  const sorted = column.sort !== undefined && sort?.key === column.sort
  const sortBy = column.sort
  const Arrow = sort?.descending ? ChevronDown : ChevronUp
  const label = (
    <>
      <span className="grid-head-title">{column.head ?? column.title}</span>
      {sorted && <Arrow size={12} strokeWidth={2.25} aria-hidden />}
    </>
  )
  return (
    <div
      role="columnheader"
      aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
      className={`grid-cell grid-head-cell${column.numeric ? ' number' : ''}${sorted ? ' sorted' : ''}`}
      title={column.about}
      onClick={(event) => event.stopPropagation()}
    >
      {sortBy !== undefined && onSort ? (
        <button type="button" tabIndex={-1} onClick={() => onSort(sortBy)}>
          {label}
        </button>
      ) : (
        label
      )}
      {onResize && (
        <div
          className="grid-resize"
          onPointerDown={(event) => {
            event.preventDefault()
            const handle = event.currentTarget
            const start = event.clientX
            // As it is on screen: there it may have grown.
            const from = handle.parentElement?.offsetWidth ?? width
            handle.setPointerCapture(event.pointerId)
            handle.onpointermove = (move) => onResize(from + move.clientX - start)
            handle.onpointerup = () => (handle.onpointermove = null)
          }}
        />
      )}
    </div>
  )
}
