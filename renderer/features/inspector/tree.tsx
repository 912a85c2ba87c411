import { ChevronRight } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import type { TreeLine } from './tree-model.ts'

interface TreeProps {
  readonly lines: readonly TreeLine[]
  readonly selected: string | undefined
  /** The line whose bytes are pointed at. */
  readonly marked: string | undefined
  readonly onSelect: (path: string) => void
  readonly onHover: (path: string | undefined) => void
  readonly onToggle: (kind: string, open: boolean) => void
  readonly onMenu: (path: string, x: number, y: number) => void
}

/** The layers of a packet. Up and down move, right opens, left closes or goes to the parent. */
export function Tree({ lines, selected, marked, onSelect, onHover, onToggle, onMenu }: TreeProps): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const at = lines.findIndex((line) => line.path === selected)

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [selected])

  function onKeyDown(event: React.KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const line = at < 0 ? undefined : lines[at]
    const go = (index: number) => {
      const target = lines[Math.min(Math.max(0, index), lines.length - 1)]
      if (target) onSelect(target.path)
    }
    const parent = () => lines.findLastIndex((other, i) => i < at && other.depth < (line?.depth ?? 0))
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(lines.length - 1),
      ArrowRight: () => {
        if (!line) return
        if (line.node.children.length > 0 && !line.open) onToggle(line.kind, true)
        else if (line.open) go(at + 1)
      },
      ArrowLeft: () => {
        if (!line) return
        if (line.open) onToggle(line.kind, false)
        else if (line.depth > 0) go(parent())
      },
      Enter: () => line && line.node.children.length > 0 && onToggle(line.kind, !line.open),
    }
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const box = list.current?.querySelector('[aria-selected=true]')?.getBoundingClientRect()
      if (line && box) onMenu(line.path, box.left + 32, box.bottom)
    } else if (Object.hasOwn(actions, event.key)) actions[event.key]()
    else return
    event.preventDefault()
  }

  const lineOf = (target: EventTarget): TreeLine | undefined => {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-path]') : null
    return element ? lines.find((line) => line.path === element.dataset['path']) : undefined
  }

  return (
    <div
      ref={list}
      className="tree"
      role="tree"
      aria-label="Layers of the packet"
      tabIndex={0}
      aria-activedescendant={at >= 0 ? `${id}${selected ?? ''}` : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => at < 0 && lines[0] && onSelect(lines[0].path)}
      onPointerMove={(event) => onHover(lineOf(event.target)?.path)}
      onPointerLeave={() => onHover(undefined)}
      onClick={(event) => {
        const line = lineOf(event.target)
        if (!line) return
        onSelect(line.path)
        const onArrow = event.target instanceof Element && event.target.closest('.tree-arrow') !== null
        if (line.node.children.length > 0 && (onArrow || line.depth === 0)) onToggle(line.kind, !line.open)
      }}
      onDoubleClick={(event) => {
        const line = lineOf(event.target)
        if (line && line.depth > 0 && line.node.children.length > 0) onToggle(line.kind, !line.open)
      }}
      onContextMenu={(event) => {
        const line = lineOf(event.target)
        if (!line) return
        event.preventDefault()
        onMenu(line.path, event.clientX, event.clientY)
      }}
    >
      {lines.map((line) => (
        <div
          key={line.path}
          id={`${id}${line.path}`}
          role="treeitem"
          aria-level={line.depth + 1}
          aria-expanded={line.node.children.length > 0 ? line.open : undefined}
          aria-selected={line.path === selected}
          className={`tree-line${line.depth === 0 ? ' layer' : ''}${line.path === marked ? ' marked' : ''}${line.node.tone ? ` tone-${line.node.tone}` : ''}`}
          style={{ paddingLeft: 4 + line.depth * 14 }}
          data-path={line.path}
          data-kind={line.kind}
        >
          <span className="tree-arrow">{line.node.children.length > 0 && <ChevronRight size={12} aria-hidden />}</span>
          {line.node.text}
        </div>
      ))}
    </div>
  )
}
