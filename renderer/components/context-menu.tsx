import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import './context-menu.css'

export interface MenuItem {
  readonly title: string
  /** Right of the title, quiet: a key, or what it would do. */
  readonly hint?: string
  readonly disabled?: boolean
  readonly run: () => void
}

export interface MenuPlace {
  readonly x: number
  readonly y: number
  /** Items; an empty array between others would draw no line: use `'line'`. */
  readonly items: readonly (MenuItem | 'line')[]
}

/** A menu at a point of the window. Arrows move, Enter runs, Esc and a press elsewhere close; the focus returns to where it was. */
export function ContextMenu({ x, y, items, onClose }: MenuPlace & { readonly onClose: () => void }): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ left: x, top: y })

  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const { width, height } = element.getBoundingClientRect()
    setPlace({
      left: Math.max(4, Math.min(x, window.innerWidth - width - 4)),
      top: y + height + 4 > window.innerHeight ? Math.max(4, y - height) : y,
    })
    const before = document.activeElement
    element.querySelector<HTMLElement>('[role=menuitem]:not(:disabled)')?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [x, y])

  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (event.target instanceof Node && !list.current?.contains(event.target)) onClose()
    }
    window.addEventListener('pointerdown', away, true)
    window.addEventListener('blur', onClose)
    return () => {
      window.removeEventListener('pointerdown', away, true)
      window.removeEventListener('blur', onClose)
    }
  }, [onClose])

  function onKeyDown(event: React.KeyboardEvent): void {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]:not(:disabled)') ?? [])]
    const at = all.findIndex((item) => item === document.activeElement)
    const go: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }
    if (event.key === 'Escape' || event.key === 'Tab') onClose()
    else if (event.key in go) all[(go[event.key] + all.length) % all.length].focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div ref={list} className="menu" role="menu" style={place} onKeyDown={onKeyDown}>
      {items.map((item, i) =>
        item === 'line' ? (
          <hr key={i} />
        ) : (
          <button
            key={i}
            type="button"
            role="menuitem"
            disabled={item.disabled}
            onClick={() => {
              onClose()
              item.run()
            }}
          >
            <span>{item.title}</span>
            {item.hint !== undefined && <span className="menu-hint">{item.hint}</span>}
          </button>
        ),
      )}
    </div>
  )
}
