import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'

interface Span {
  readonly from: number
  readonly to: number
}

interface BytesProps {
  readonly bytes: Uint8Array
  readonly selected: Span | undefined
  /** What is pointed at, here or in the tree; else the selected. */
  readonly marked: Span | undefined
  readonly onHover: (offset: number | undefined) => void
  readonly onSelect: (offset: number) => void
}

const ROW = 18
const WIDE = 478

/** The packet's bytes as hexadecimal and text. The arrow keys go from byte to byte. */
export function Bytes({ bytes, selected, marked, onHover, onSelect }: BytesProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const [perRow, setPerRow] = useState(8)
  const [cursor, setCursor] = useState<number>()
  const rows = Math.ceil(bytes.length / perRow)
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
  })

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      setPerRow(element.clientWidth >= WIDE ? 16 : 8)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])

  useEffect(() => {
    if (selected && selected.to > selected.from)
      virtual.scrollToIndex(Math.floor(selected.from / perRow), { align: 'auto' })
    // The virtualizer is the same object with new measures at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected, perRow])

  function onKeyDown(event: React.KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -perRow,
      ArrowDown: perRow,
      PageUp: -perRow * 8,
      PageDown: perRow * 8,
      Home: -bytes.length,
      End: bytes.length,
    }
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey || bytes.length === 0) return
    event.preventDefault()
    const from = cursor ?? selected?.from ?? -1
    const next = Math.min(Math.max(0, from + steps[event.key]), bytes.length - 1)
    setCursor(next)
    onSelect(next)
    virtual.scrollToIndex(Math.floor(next / perRow), { align: 'auto' })
  }

  const offsetOf = (target: EventTarget): number | undefined => {
    const element = target instanceof HTMLElement ? target.dataset['at'] : undefined
    return element === undefined ? undefined : Number(element)
  }

  return (
    <div
      ref={scroller}
      className="bytes mono"
      role="application"
      aria-label={`Bytes of the packet, ${bytes.length}${cursor === undefined ? '' : `; byte ${cursor} is ${hex(bytes[cursor])}`}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerMove={(event) => onHover(offsetOf(event.target))}
      onPointerLeave={() => onHover(undefined)}
      onClick={(event) => {
        const offset = offsetOf(event.target)
        if (offset === undefined) return
        setCursor(offset)
        onSelect(offset)
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <ByteRow
            key={index}
            bytes={bytes}
            from={index * perRow}
            to={Math.min(bytes.length, (index + 1) * perRow)}
            perRow={perRow}
            top={start}
            markFrom={marked?.from ?? 0}
            markTo={marked?.to ?? 0}
            cursor={cursor !== undefined && Math.floor(cursor / perRow) === index ? cursor : -1}
          />
        ))}
      </div>
    </div>
  )
}

interface ByteRowProps extends Span {
  readonly bytes: Uint8Array
  readonly perRow: number
  readonly top: number
  readonly markFrom: number
  readonly markTo: number
  readonly cursor: number
}

const ByteRow = memo(function ByteRow({
  bytes,
  from,
  to,
  perRow,
  top,
  markFrom,
  markTo,
  cursor,
}: ByteRowProps): ReactNode {
  const places = Array.from({ length: to - from }, (_, i) => from + i)
  const look = (at: number) => `${at >= markFrom && at < markTo ? 'marked' : ''}${at === cursor ? ' cursor' : ''}`
  return (
    <div className="byte-row" style={{ transform: `translateY(${top}px)` }}>
      <span className="byte-offset">{from.toString(16).padStart(4, '0')}</span>
      <span className="byte-hex" style={{ width: `${perRow * 3}ch` }}>
        {places.map((at) => (
          <span key={at} data-at={at} className={look(at)}>
            {hex(bytes[at])}
          </span>
        ))}
      </span>
      <span className="byte-text">
        {places.map((at) => (
          <span key={at} data-at={at} className={look(at)}>
            {bytes[at] > 0x20 && bytes[at] < 0x7f
              ? String.fromCharCode(bytes[at])
              : bytes[at] === 0x20
                ? '\u00a0'
                : '·'}
          </span>
        ))}
      </span>
    </div>
  )
})

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
