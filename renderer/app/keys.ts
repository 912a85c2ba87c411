import type { Command, CommandRegistry } from './commands.ts'

const MAC = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform)

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  readonly key: string
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
  const control = mac ? press.metaKey : press.ctrlKey
  const other = mac ? press.ctrlKey : press.metaKey
  if (other || wants('Ctrl') !== control || wants('Alt') !== press.altKey) return false
  const same = key.length === 1 ? key.toLowerCase() === press.key.toLowerCase() : key === press.key
  const shiftMatters = wants('Shift') || key.length > 1 || /^[a-z]$/i.test(key)
  return same && (!shiftMatters || wants('Shift') === press.shiftKey)
}

/** As printed on the keyboard: "⌘ O" on a Mac, "Ctrl O" elsewhere. */
export function keyLabels(keys: string, mac = MAC): readonly string[] {
  const parts = keys === '+' ? ['+'] : keys.split('+').map((part) => part || '+')
  const names: Readonly<Record<string, string>> = {
    Ctrl: mac ? '⌘' : 'Ctrl',
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

/** Runs commands from key presses anywhere in the window. Returns how to stop. */
export function listenForKeys(window: Window, commands: CommandRegistry): () => void {
  function onKeyDown(event: KeyboardEvent): void {
    // A modal dialog has the keys to itself.
    if (event.defaultPrevented || event.isComposing || window.document.querySelector('dialog[open]')) return
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
  window.addEventListener('keydown', onKeyDown)
  return () => {
    window.removeEventListener('keydown', onKeyDown)
  }
}

function worksInText(command: Command, press: KeyPress): boolean {
  return command.inText ?? (press.ctrlKey || press.metaKey || press.altKey || /^F\d+$/.test(press.key))
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}
