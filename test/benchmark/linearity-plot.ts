import type { Linearity, Point } from './linearity.ts'

const WIDTH = 360
const HEIGHT = 240
const LEFT = 56
const BOTTOM = 40
const TOP = 34
/** What lies this close beyond a power of ten (98,599 packets) needs no further decade. */
const NEARLY = 0.01

/** Both series side by side as SVG, on logarithmic axes, where what grows in proportion is a straight line at 45 degrees. */
export function linearityPlot({ byPackets, byConversations }: Linearity): string {
  const charts = [
    chart(byPackets, ({ packets }) => packets, 'packets, 100 a conversation', 'CPU seconds by packets'),
    chart(
      byConversations,
      ({ conversations }) => conversations,
      'conversations (1 M packets, from 100 k on 9 each)',
      'CPU seconds by conversations',
    ),
  ]
  const body = charts.map((part, i) => `<g transform="translate(${i * (WIDTH + 24)} 0)">${part}</g>`).join('\n')
  const width = 2 * WIDTH + 24
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="11" fill="#333">
<rect width="${width}" height="${HEIGHT}" fill="#fff"/>
${body}
</svg>
`
}

function chart(points: readonly Point[], of: (point: Point) => number, axis: string, title: string): string {
  const x = decades(points.map(of))
  const y = decades(points.map(({ cpuSeconds }) => cpuSeconds))
  const px = (value: number) => LEFT + share(value, x) * (WIDTH - LEFT - 12)
  const py = (value: number) => HEIGHT - BOTTOM - share(value, y) * (HEIGHT - BOTTOM - TOP)
  const parts = [`<text x="${LEFT}" y="16" font-weight="bold">${title}</text>`]
  for (const value of powers(x)) {
    parts.push(
      `<path d="M${px(value).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#ddd"/>`,
      `<text x="${px(value).toFixed(1)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="middle">${short(value)}</text>`,
    )
  }
  for (const value of powers(y)) {
    parts.push(
      `<path d="M${LEFT} ${py(value).toFixed(1)}H${WIDTH - 12}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${(py(value) + 4).toFixed(1)}" text-anchor="end">${value} s</text>`,
    )
  }
  const places = points.map((point) => [px(of(point)).toFixed(1), py(point.cpuSeconds).toFixed(1)] as const)
  parts.push(
    `<path d="M${places.map((place) => place.join(' ')).join('L')}" fill="none" stroke="#1c6ccc" stroke-width="2"/>`,
  )
  for (const [cx, cy] of places) parts.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="#1c6ccc"/>`)
  parts.push(`<text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${axis}</text>`)
  return parts.join('\n')
}

/** Exponents of the powers of ten around the values. */
function decades(values: readonly number[]): readonly [number, number] {
  const from = Math.floor(Math.log10(Math.min(...values)) + NEARLY)
  return [from, Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values)) - NEARLY))]
}

function share(value: number, [from, to]: readonly [number, number]): number {
  return (Math.log10(value) - from) / (to - from)
}

function powers([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`))
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`
  return value >= 1e3 ? `${value / 1e3} k` : String(value)
}
