import type { ITheme } from '@xterm/xterm'

// The sixteen colours: readable on the panel of their theme, and in the family of the interface's own.
const LIGHT: ITheme = {
  black: '#10151c',
  red: '#b42318',
  green: '#17753f',
  yellow: '#8f5600',
  blue: '#2456a6',
  magenta: '#9a1fb0',
  cyan: '#0b736b',
  white: '#596472',
  brightBlack: '#6b7684',
  brightRed: '#c42b2b',
  brightGreen: '#1b8a4b',
  brightYellow: '#a26a00',
  brightBlue: '#2f6fd6',
  brightMagenta: '#b43ccc',
  brightCyan: '#0d8a80',
  brightWhite: '#10151c',
}
const DARK: ITheme = {
  black: '#1a2028',
  red: '#ff7a73',
  green: '#5fd18e',
  yellow: '#f2b13c',
  blue: '#7db0ff',
  magenta: '#e48bf7',
  cyan: '#35cdbd',
  white: '#c5ccd6',
  brightBlack: '#7c8896',
  brightRed: '#ff9d94',
  brightGreen: '#86e0ab',
  brightYellow: '#ffca6b',
  brightBlue: '#a5c8ff',
  brightMagenta: '#efb0fc',
  brightCyan: '#6fe0d4',
  brightWhite: '#ffffff',
}

/** The colours of the theme that is on. */
export function terminalTheme(): ITheme {
  const probe = document.createElement('i')
  document.body.append(probe)
  const token = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const background = token('--panel')
  const theme = {
    ...(isDark(background) ? DARK : LIGHT),
    background,
    foreground: token('--ink'),
    cursor: token('--accent'),
    cursorAccent: background,
    selectionBackground: token('--selected'),
  }
  probe.remove()
  return theme
}

function isDark(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number)
  return red * 0.3 + green * 0.6 + blue * 0.1 < 128
}
