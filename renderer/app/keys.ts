import type { Command, CommandRegistry } from './commands.ts'
import type { KeysAhead } from './keys-ahead.ts'

const MAC = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform)

/** The key left of 1, whatever is on it; many layouts have a dead one there. With Control on a Mac as well, where ⌘ ` is the system's. */
const PLACE = '`'

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  readonly key: string
  /** The key's place, where that is known. */
  readonly code?: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/**
 * Whether `press` is what `keys` names. "Ctrl" is the platform's command key (⌘ on a Mac). Shift counts only when it is
 * named or when the key is a letter, since it is part of typing "?" or "+" on many layouts.
 */
export function isPressed(keys: string, press: KeyPress, mac = MAC): boolean {
  const parts = keys === '+' ? ['+'] : keys.split('+').map((part) => part || '+')
  const key = parts.at(-1) ?? ''
  const wants = (name: string) => parts.length > 1 && parts.slice(0, -1).includes(name)
  const onMac = mac && key !== PLACE
  const control = onMac ? press.metaKey : press.ctrlKey
  const other = onMac ? press.ctrlKey : press.metaKey
  if (other || wants('Ctrl') !== control || wants('Alt') !== press.altKey) return false
  const same =
    key === PLACE && press.code !== undefined
      ? press.code === 'Backquote'
      : key.length === 1
        ? key.toLowerCase() === press.key.toLowerCase()
        : key === press.key
  const shiftMatters = wants('Shift') || key.length > 1 || /^[a-z]$/i.test(key)
  return same && (!shiftMatters || wants('Shift') === press.shiftKey)
}

/** As printed on the keyboard: "⌘ O" on a Mac, "Ctrl O" elsewhere. */
export function keyLabels(keys: string, mac = MAC): readonly string[] {
  const parts = keys === '+' ? ['+'] : keys.split('+').map((part) => part || '+')
  const names: Readonly<Record<string, string>> = {
    Ctrl: !mac ? 'Ctrl' : parts.at(-1) === PLACE ? '⌃' : '⌘',
    Alt: mac ? '⌥' : 'Alt',
    Shift: mac ? '⇧' : 'Shift',
    Escape: 'Esc',
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    PageUp: 'Page ↑',
    PageDown: 'Page ↓',
    ' ': 'Space',
  }
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
}

/** Runs commands from key presses anywhere in the window, but for those that `ahead` keeps. Returns how to stop. */
export function listenForKeys(window: Window, commands: CommandRegistry, ahead: KeysAhead): () => void {
  /** Before anything else sees it. */
  function keepKey(event: KeyboardEvent): void {
    if (!event.isTrusted || event.isComposing || !ahead.waiting) return
    if (!ahead.typing && (isTextField(event.target) || isInDialog(window))) return
    if (!ahead.keep(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (!event.defaultPrevented && isPressed('Ctrl+A', event) && !hasOwnText(event.target)) selectAll(window, event)
    if (event.defaultPrevented || event.isComposing || isInDialog(window)) return
    const inText = isTextField(event.target)
    for (const command of commands.store.getState().values()) {
      if (!command.keys?.some((keys) => isPressed(keys, event))) continue
      if (inText && !worksInText(command, event)) continue
      if (command.enabled?.() === false) continue
      event.preventDefault()
      command.run()
      return
    }
  }
  window.addEventListener('keydown', keepKey, { capture: true })
  window.addEventListener('keydown', onKeyDown)
  return () => {
    window.removeEventListener('keydown', keepKey, { capture: true })
    window.removeEventListener('keydown', onKeyDown)
  }
}

/** Does what `press` did, had it come now: a command, or text where the focus is. Resolves when the window shows what came of it. */
export async function typeKey(window: Window, { key, shiftKey }: KeyPress): Promise<void> {
  const target = window.document.activeElement ?? window.document.body
  const unhandled = target.dispatchEvent(
    new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }),
  )
  if (unhandled && (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) typeText(target, key)
  await new Promise((resolve) => setTimeout(resolve))
}

/** A page can't press keys: this is what a browser would do with those that write. */
function typeText(field: HTMLInputElement | HTMLTextAreaElement, key: string): void {
  const { selectionStart, selectionEnd } = field
  if (selectionStart === null || selectionEnd === null) return
  if (key.length === 1) field.setRangeText(key, selectionStart, selectionEnd, 'end')
  else if (key === 'Enter' && field instanceof HTMLTextAreaElement)
    field.setRangeText('\n', selectionStart, selectionEnd, 'end')
  else if (key === 'Backspace') {
    const from = selectionStart === selectionEnd ? Math.max(0, selectionStart - 1) : selectionStart
    field.setRangeText('', from, selectionEnd, 'end')
  } else return
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
}

/** Selects the text of what has the focus, where it is for selecting, and never scattered texts of all the window. */
function selectAll(window: Window, event: KeyboardEvent): void {
  event.preventDefault()
  const { target } = event
  if (target instanceof HTMLElement && window.getComputedStyle(target).userSelect === 'text')
    window.getSelection()?.selectAllChildren(target)
}

/** A modal dialog has the keys to itself. */
function isInDialog(window: Window): boolean {
  return window.document.querySelector('dialog[open]') !== null
}

function worksInText(command: Command, press: KeyPress): boolean {
  return command.inText ?? (press.ctrlKey || press.metaKey || press.altKey || /^F\d+$/.test(press.key))
}

/** What Ctrl+A selects the text of by itself; with another field in focus the browser takes the window's. */
function hasOwnText(target: EventTarget | null): boolean {
  return isTextField(target) && target.matches(':not(select, [type=checkbox], [type=radio])')
}

function isTextField(target: EventTarget | null): target is HTMLElement {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}
