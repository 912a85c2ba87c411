type Key = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'shiftKey' | 'altKey'>

/** All keys are the shell's but these: the drawer's, that between panes, and those that copy, paste, search and open the palette. */
export function isWindowKey(event: Key): boolean {
  if (event.key === 'F6') return true
  // With Alt as well they are AltGr on Windows, and write something.
  if (!event.ctrlKey || event.altKey) return false
  if (event.code === 'Backquote') return true
  return event.shiftKey && ['c', 'v', 'f', 'p'].includes(letterOf(event))
}

/** In lower case. As the layout has it where that is a Latin letter, else by the key's place: Ctrl+Shift+C is also Ctrl+Shift+С. */
export function letterOf({ key, code }: Pick<Key, 'key' | 'code'>): string {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() : (/^Key([A-Z])$/.exec(code)?.[1] ?? '').toLowerCase()
}
