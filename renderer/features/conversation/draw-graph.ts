import type { Points, SegmentKind, TimeSequence } from '../../../engine/engine.ts'
import type { Colors } from '../../components/colors.ts'
import { timeTicks } from '../../components/time-ticks.ts'
import { formatBitRate, formatBytes, formatCount, formatDuration, formatTick } from '../../components/format.ts'
import {
  AXIS,
  type TimeAxis,
  VALUES,
  ValueScale,
  valueTicks,
  type GraphName,
  type LanePlace,
  type ValueTick,
} from './graph-scale.ts'

// Drawing of the graphs: a function of what is shown. Coordinates are CSS pixels; the context is scaled to device pixels.

export interface GraphPicture {
  readonly axis: TimeAxis
  readonly places: readonly LanePlace[]
  readonly height: number
  readonly data: TimeSequence | undefined
  /** Sequence numbers on screen. */
  readonly low: number
  readonly high: number
  readonly selected: { readonly row: number; readonly time: number } | undefined
  readonly colors: Colors
  readonly font: string
}

/** The colour of a segment, as of the labels it would have. */
const KIND_COLOR: Readonly<Record<SegmentKind, keyof Colors>> = {
  new: 'traffic',
  fast: 'loss',
  rto: 'loss',
  tlp: 'loss',
  retransmission: 'loss',
  copy: 'lineStrong',
  reordered: 'reorder',
  probe: 'zeroWindow',
}
/** One letter tells kinds of one colour apart, where there is room. */
const KIND_LETTER: Readonly<Partial<Record<SegmentKind, string>>> = {
  fast: 'F',
  rto: 'T',
  tlp: 'P',
  retransmission: 'R',
  copy: 'C',
  reordered: 'O',
}
const ROOM_FOR_LETTERS = 400
const PAD = 8

/** The value axis of a graph, from what is shown in it. */
export function scaleOf(
  place: LanePlace,
  { data, low, high }: Pick<GraphPicture, 'data' | 'low' | 'high'>,
): ValueScale {
  const { top, height, name } = place
  const inner = [top + PAD, height - PAD - 3] as const
  switch (name) {
    case 'sequence':
      return new ValueScale(low, high, top, height)
    case 'rtt': {
      const [least, most] = data ? extent(data.rtt, data.rttByTimestamps) : [1e6, 1e7]
      return new ValueScale(least * 0.8, most * 1.25, ...inner, true)
    }
    case 'throughput': {
      const most = data ? Math.max(1, greatest(data.sent), greatest(data.acked)) * bitRate(data) : 1
      return new ValueScale(0, most, ...inner)
    }
    case 'window': {
      const most = data ? Math.max(1, extent(data.inFlight)[1], extent(data.window)[1]) : 1
      return new ValueScale(0, most, ...inner)
    }
  }
}

/** Bits a second, for each byte in one of the parts of time in which throughput is counted. */
export function bitRate({ from, to, sent }: TimeSequence): number {
  return (8e9 * sent.length) / (to - from)
}

export function drawGraph(context: CanvasRenderingContext2D, picture: GraphPicture): void {
  const { axis, height, places, data, colors } = picture
  drawTimeAxis(context, picture)
  if (picture.selected) {
    const x = Math.round(axis.x(picture.selected.time))
    context.fillStyle = colors.accent
    context.globalAlpha = 0.5
    context.fillRect(x, 0, 1, height - AXIS)
    context.globalAlpha = 1
  }
  for (const place of places) {
    const scale = scaleOf(place, picture)
    context.save()
    context.beginPath()
    context.rect(0, place.top, axis.width, place.height)
    context.clip()
    const ticks = valueTicks(place, scale, place.name === 'sequence' ? 34 : 24)
    context.fillStyle = colors.grid
    for (const { y } of ticks) context.fillRect(0, y, axis.width, 1)
    if (data) GRAPH[place.name](context, picture, data, scale)
    context.restore()
    labelTicks(context, picture, place, ticks)
    context.fillStyle = colors.line
    context.fillRect(0, place.top + place.height, axis.width + VALUES, 1)
    title(context, picture, place)
  }
}

type Draw = (context: CanvasRenderingContext2D, picture: GraphPicture, data: TimeSequence, scale: ValueScale) => void

const GRAPH: Readonly<Record<GraphName, Draw>> = {
  sequence(context, picture, data, scale) {
    const { axis, colors } = picture
    line(context, axis, scale, data.windows, colors.zeroWindow, true)
    line(context, axis, scale, data.acks, colors.good, true)
    context.fillStyle = colors.latency
    for (let i = 0; i < data.sacks.row.length; i++) {
      bar(context, axis.x(data.sacks.time[i]), scale.y(data.sacks.high[i]), scale.y(data.sacks.low[i]), 1)
    }
    drawSegments(context, picture, data, scale)
    drawMarks(context, picture, data, scale)
  },
  rtt(context, { axis, colors }, data, scale) {
    for (const [points, color] of [
      [data.rtt, colors.latency],
      [data.rttByTimestamps, colors.accent],
    ] as const) {
      const { time, value, row } = points
      context.fillStyle = color
      const size = row.length > 2000 ? 1 : 2
      for (let i = 0; i < row.length; i++) {
        context.fillRect(Math.round(axis.x(time[i])) - size / 2, Math.round(scale.y(value[i])) - size / 2, size, size)
      }
    }
  },
  throughput(context, { axis, colors }, data, scale) {
    const bottom = scale.top + scale.height
    const per = (data.to - data.from) / data.sent.length
    const rate = bitRate(data)
    for (let i = 0; i < data.sent.length; i++) {
      const x = Math.round(axis.x(data.from + i * per))
      const width = Math.max(1, Math.round(axis.x(data.from + (i + 1) * per)) - x)
      if (data.sent[i] > 0) {
        const y = Math.min(bottom - 1, Math.round(scale.y(data.sent[i] * rate)))
        context.fillStyle = colors.trafficWash
        context.fillRect(x, y, width, bottom - y)
        context.fillStyle = colors.traffic
        context.fillRect(x, y, width, 1)
      }
      if (data.acked[i] > 0) {
        context.fillStyle = colors.good
        context.fillRect(x, Math.round(scale.y(data.acked[i] * rate)), width, 1)
      }
    }
  },
  window(context, { axis, colors }, data, scale) {
    line(context, axis, scale, data.window, colors.zeroWindow, true)
    line(context, axis, scale, data.inFlight, colors.traffic, false)
  },
}

function drawSegments(
  context: CanvasRenderingContext2D,
  { axis, colors, selected, font }: GraphPicture,
  { segments }: TimeSequence,
  scale: ValueScale,
): void {
  const { time, low, high, kind, kinds, row } = segments
  const thick = row.length > 3000 ? 1 : 2
  // What was sent again lies above what was sent once.
  for (const above of [false, true]) {
    for (let i = 0; i < row.length; i++) {
      if ((kind[i] !== 0) !== above) continue
      const name = kinds[kind[i]]
      const x = axis.x(time[i])
      const top = scale.y(high[i])
      context.fillStyle = colors[KIND_COLOR[name]]
      bar(context, x, top, scale.y(low[i]), above ? Math.max(2, thick) : thick)
      const letter = KIND_LETTER[name]
      if (above && letter !== undefined && row.length < ROOM_FOR_LETTERS) {
        context.font = `600 9px ${font}`
        context.textAlign = 'left'
        context.textBaseline = 'bottom'
        context.fillText(letter, Math.round(x) + 3, Math.round(top) + 4)
      }
    }
  }
  for (let i = 0; i < row.length; i++) {
    if (row[i] !== selected?.row) continue
    const top = Math.round(scale.y(high[i]))
    context.strokeStyle = colors.accent
    context.lineWidth = 1.5
    context.strokeRect(Math.round(axis.x(time[i])) - 4, top - 4, 8, Math.round(scale.y(low[i])) - top + 8)
  }
}

const MARK_LOOK = {
  syn: ['S', 'ink2'],
  fin: ['FIN', 'ink2'],
  rst: ['RST', 'reset'],
  'zero-window': ['0', 'zeroWindow'],
} as const

function drawMarks(
  context: CanvasRenderingContext2D,
  { axis, colors, font }: GraphPicture,
  { marks }: TimeSequence,
  scale: ValueScale,
): void {
  context.font = `600 10px ${font}`
  context.textBaseline = 'middle'
  for (let i = 0; i < marks.row.length; i++) {
    const [text, color] = MARK_LOOK[marks.kinds[marks.kind[i]]]
    const x = Math.round(axis.x(marks.time[i]))
    const y = Math.min(Math.max(Math.round(scale.y(marks.value[i])), scale.top + 8), scale.top + scale.height - 8)
    const width = Math.ceil(context.measureText(text).width)
    const from = x + 5 + width > axis.width ? x - 5 - width : x + 5
    context.fillStyle = colors.panel
    context.globalAlpha = 0.85
    context.fillRect(from - 2, y - 7, width + 4, 13)
    context.globalAlpha = 1
    context.fillStyle = colors[color]
    context.fillRect(x - 2, y - 2, 5, 5)
    context.textAlign = 'left'
    context.fillText(text, from, y)
  }
}

/** A vertical bar that is seen, however short. */
function bar(context: CanvasRenderingContext2D, x: number, top: number, bottom: number, thick: number): void {
  const y = Math.round(top)
  context.fillRect(Math.round(x) - (thick >> 1), y, thick, Math.max(2, Math.round(bottom) - y))
}

/** A line through points; a stepped one stays where it is until the next. */
function line(
  context: CanvasRenderingContext2D,
  axis: TimeAxis,
  scale: ValueScale,
  { time, value }: Points,
  color: string,
  stepped: boolean,
): void {
  if (time.length === 0) return
  context.beginPath()
  for (let i = 0; i < time.length; i++) {
    const x = Math.round(axis.x(time[i])) + 0.5
    const y = Math.round(scale.y(value[i])) + 0.5
    if (i === 0) context.moveTo(x, y)
    else {
      if (stepped) context.lineTo(x, Math.round(scale.y(value[i - 1])) + 0.5)
      context.lineTo(x, y)
    }
  }
  if (stepped)
    context.lineTo(Math.max(axis.width, axis.x(time[time.length - 1])), scale.y(value[value.length - 1]) + 0.5)
  context.strokeStyle = color
  context.lineWidth = 1
  context.stroke()
}

function drawTimeAxis(context: CanvasRenderingContext2D, { axis, height, colors, font }: GraphPicture): void {
  context.font = `10px ${font}`
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  for (const { time, text } of timeTicks(axis, axis.width, 110).ticks) {
    const x = Math.round(axis.x(time))
    context.fillStyle = colors.grid
    context.fillRect(x, 0, 1, height - AXIS)
    context.fillStyle = colors.lineStrong
    context.fillRect(x, height - AXIS, 1, 4)
    if (x + 4 + context.measureText(text).width > axis.width + VALUES) continue
    context.fillStyle = colors.ink3
    context.fillText(text, x + 4, height - AXIS / 2 + 1)
  }
}

/** A value of a graph, with its unit. */
export const VALUE_TEXT: Readonly<Record<GraphName, (value: number) => string>> = {
  sequence: formatCount,
  rtt: formatDuration,
  throughput: formatBitRate,
  window: formatBytes,
}

function labelTicks(
  context: CanvasRenderingContext2D,
  picture: GraphPicture,
  place: LanePlace,
  ticks: readonly ValueTick[],
): void {
  const { axis, colors, font } = picture
  context.font = `10px ${font}`
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.fillStyle = colors.ink3
  for (const { value, y } of ticks) {
    const text = formatTick(VALUE_TEXT[place.name](value))
    context.fillText(text, axis.width + VALUES - 6, y)
  }
}

/** What a graph shows, with the colours of what is in it; sequence numbers have a legend of their own. */
function titleOf(
  name: GraphName,
  data: TimeSequence | undefined,
): readonly (readonly [string, keyof Colors | undefined])[] {
  switch (name) {
    case 'sequence':
      return [['Sequence number', undefined]]
    case 'rtt':
      return [
        ['RTT:', undefined],
        ['to the ACK', 'latency'],
        ...(data && data.rttByTimestamps.row.length > 0 ? [['by timestamps', 'accent'] as const] : []),
      ]
    case 'throughput':
      return [
        ['Throughput:', undefined],
        ['sent', 'traffic'],
        ['acknowledged', 'good'],
      ]
    case 'window':
      return [
        ['bytes in flight', 'traffic'],
        ['receive window', 'zeroWindow'],
      ]
  }
}

const SWATCH = 7

function title(
  context: CanvasRenderingContext2D,
  { colors, font, data }: GraphPicture,
  { name, top, height }: LanePlace,
): void {
  if (height < 24) return
  context.font = `10px ${font}`
  context.textAlign = 'left'
  context.textBaseline = 'top'
  let x = 8
  const parts = titleOf(name, data).map(([text, color]) => {
    const from = x
    x += (color ? SWATCH + 4 : 0) + context.measureText(text).width + 8
    return { text, color, from }
  })
  context.fillStyle = colors.panel
  context.globalAlpha = 0.8
  context.fillRect(4, top + 3, x - 8, 13)
  context.globalAlpha = 1
  for (const { text, color, from } of parts) {
    if (color) {
      context.fillStyle = colors[color]
      context.fillRect(Math.round(from), top + 6, SWATCH, SWATCH)
    }
    context.fillStyle = colors.ink3
    context.fillText(text, from + (color ? SWATCH + 4 : 0), top + 5)
  }
}

function extent(...lists: readonly Points[]): readonly [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const { value } of lists) {
    for (const each of value) {
      if (each < low) low = each
      if (each > high) high = each
    }
  }
  return low > high ? [1, 1] : [low, high]
}

function greatest(values: Float64Array): number {
  let most = 0
  for (const value of values) if (value > most) most = value
  return most
}
