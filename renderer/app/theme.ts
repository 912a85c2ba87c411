import type { Theme } from '../../common/contract.ts'

const KEY = 'hopscope.theme'

/** The colours follow at once: everything else is in tokens.css. Remembered here too, so that the next start does not flash. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Storage forbidden: the host's settings still have it.
  }
  window.dispatchEvent(new Event('hopscope:theme'))
}

/** The theme of the last start, until the host's settings arrive. */
export function lastTheme(): Theme {
  try {
    const theme = localStorage.getItem(KEY)
    return theme === 'light' || theme === 'dark' ? theme : 'system'
  } catch {
    return 'system'
  }
}
