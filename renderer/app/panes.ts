import type { DetailTab, ListTab } from './view.ts'
import type { ViewStore } from './view-store.ts'

const LOWER =
  '.pane:is([aria-label=Packets], [aria-label=Ladder], [aria-label="Follow stream"], [aria-label="Time-sequence graph"])'
const UPPER =
  '.pane:is([aria-label=Findings], [aria-label=Conversations], [aria-label=Latency], [aria-label=Hops], [aria-label=Notes], [aria-label=Compare])'
/** Where a pane has nothing else for the focus. */
const TAB = '[role=tab][aria-selected=true]'
/** What takes the focus in the lower place, whatever is shown there. */
export const LOWER_FOCUS = [
  '[data-grid=packets]',
  '.graph-plot',
  '[data-grid=ladder]',
  '[data-grid=stream]',
  '.conversation-empty button',
  `${LOWER}:has(.empty) ${TAB}`,
] as const
export const TREE = ['.inspector [role=tree]'] as const
/** Each pane: its name, where it is, and what in it takes the focus, the first that is there. */
export const PANES = [
  ['Time axis', '.timeline', ['.timeline-plot']],
  [
    'Findings and conversations',
    UPPER,
    [
      '[data-grid=findings]',
      '[data-grid=conversations]',
      '[data-grid=latency]',
      '[data-grid=hops]',
      '[data-grid=notes]',
      '[data-grid=compare]',
      `${UPPER} .empty button`,
      `${UPPER} ${TAB}`,
    ],
  ],
  ['Packets', LOWER, LOWER_FOCUS],
  ['Inspector', '.inspector', [...TREE, '.inspector .about', `.inspector:has(.inspector-empty) ${TAB}`]],
] as const

/** Shows the pane in the upper place, and gives it the focus. */
export function showList(view: ViewStore, list: ListTab): void {
  view.change({ list }, 'push')
  const pane = `.pane[aria-label=${list} i]`
  focusSoon([`[data-grid=${list}]`, `${pane} .empty button`, `${pane}:has(.empty) ${TAB}`])
}

/** Shows the pane in the lower place, and gives it the focus. */
export function showDetail(view: ViewStore, detail: DetailTab): void {
  view.change({ detail }, 'push')
  focusSoon(LOWER_FOCUS)
}

/** Gives the focus to the first of them as soon as it is there, unless somebody began to type elsewhere meanwhile. */
export function focusSoon(selectors: readonly string[]): void {
  const from = document.activeElement
  // The pane may first have to ask which conversation it is about.
  let frames = 60
  const attempt = () => {
    const { activeElement } = document
    if (activeElement !== from && activeElement?.matches('input, textarea')) return
    if (focusFirst(selectors)) return
    if (frames-- > 0) requestAnimationFrame(attempt)
    else keepFocus()
  }
  requestAnimationFrame(attempt)
}

/** Focuses the first of them that is there; false when none is. */
export function focusFirst(selectors: readonly string[]): boolean {
  for (const selector of selectors) {
    const element = document.querySelector<HTMLElement>(selector)
    element?.focus()
    if (element) return true
  }
  return false
}

/** Where what has the focus may go with the next frame, the list in the upper place has it then, so that keys go on working. */
export function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) focusFirst([...PANES[1][2], '.explorer-list [role=grid]'])
  })
}

/** Moves the focus to the pane after or before the one that has it. */
export function cyclePanes(step: 1 | -1): void {
  // One that is hidden has no width.
  const there = PANES.filter(([, pane]) => (document.querySelector(pane)?.clientWidth ?? 0) > 0)
  const at = there.findIndex(([, pane]) => document.activeElement?.closest(pane))
  const next = there[(at < 0 ? 0 : at + step + there.length) % there.length]
  if (next && !focusFirst(next[2])) focusSoon(next[2])
}
