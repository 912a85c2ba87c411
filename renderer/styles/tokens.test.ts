import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** --name: light-dark(#rrggbb, #rrggbb) */
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\(#([0-9a-f]{6}),\s*#([0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light, dark }] as const,
  ),
)

function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG 2.2, 1.4.3 */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

function color(name: string, theme: 'light' | 'dark'): string {
  const token = tokens.get(name)
  if (!token) throw new Error(`tokens.css has no --${name}`)
  return token[theme]
}

const SURFACES = ['ground', 'panel', 'head', 'raised', 'hover', 'selected', 'selected-calm']
const TINTS = ['loss-wash', 'reorder-wash', 'reset-wash', 'handshake-wash', 'good-wash', 'bad-wash']

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  const pairs = [
    ...['ink', 'ink-2'].flatMap((text) => [...SURFACES, ...TINTS].map((surface) => [text, surface])),
    ...['ground', 'panel', 'head', 'raised', 'hover', 'selected'].map((surface) => ['ink-3', surface]),
    ...['loss', 'reorder', 'reset', 'zero-window', 'latency'].flatMap((text) =>
      ['panel', 'hover', 'selected', 'selected-calm'].map((surface) => [text, surface]),
    ),
    ...['client', 'server'].flatMap((text) =>
      ['panel', 'hover', 'selected', 'selected-calm'].map((surface) => [text, surface]),
    ),
    ['loss', 'loss-wash'],
    ['reorder', 'reorder-wash'],
    ['reset', 'reset-wash'],
    ['zero-window', 'reorder-wash'],
    ['good', 'good-wash'],
    ['bad', 'bad-wash'],
    ['bad', 'raised'],
    ['accent', 'panel'],
    ['accent-ink', 'accent'],
    ['reorder', 'ground'],
  ]
  // WCAG 2.2, 1.4.11: marks are no text.
  it.each(['yellow', 'red', 'green', 'blue', 'violet'])('shows the %s mark of a note on every row', (name) => {
    for (const surface of [...SURFACES, ...TINTS])
      expect(contrast(color(`note-${name}`, theme), color(surface, theme))).toBeGreaterThanOrEqual(3)
  })
  it.each(pairs)('keeps %s readable on %s', (text, surface) => {
    expect(contrast(color(text, theme), color(surface, theme))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['loss', 'reorder', 'reset', 'zero-window', 'latency', 'traffic', 'accent', 'focus'])(
    'lets marks in %s stand out from the panel',
    (mark) => {
      expect(contrast(color(mark, theme), color('panel', theme))).toBeGreaterThanOrEqual(3)
    },
  )
})
