import type { LatencyMap } from '../../../engine/engine.ts'
import type { Colors } from '../../components/colors.ts'
import { formatDuration, formatTick } from '../../components/format.ts'
import { ENOUGH_FOR_P99 } from '../../components/measure-names.ts'
import { timeTicks } from '../../components/time-ticks.ts'

// A heat map: time from left to right, times (logarithmic) from bottom to top. Coordinates are CSS pixels.

const LEFT = 56
const TOP = 6
const BOTTOM = 18
const RIGHT = 12
/** Pixels between two times below the map, at least. */
const TIMES_APART = 80
/** Pixels between two durations beside it, at least. */
const LABELS_APART = 20

export interface MapPlace {
  readonly width: number
  readonly height: number
}

/** How wide the map itself is, without its scale. */
export const mapWidth = ({ width }: Pick<MapPlace, 'width'>): number => width - LEFT - RIGHT

/** Where a column and a row of the map are. */
export function cellBox(map: LatencyMap, place: MapPlace, column: number, row: number) {
  const width = mapWidth(place) / map.columns
  const height = (place.height - TOP - BOTTOM) / map.rows
  return { x: LEFT + column * width, y: place.height - BOTTOM - (row + 1) * height, width, height }
}

/** The column and row at a point, undefined outside. */
export function cellAt(map: LatencyMap, place: MapPlace, x: number, y: number) {
  const column = Math.floor(((x - LEFT) / mapWidth(place)) * map.columns)
  const row = Math.floor(((place.height - BOTTOM - y) / (place.height - TOP - BOTTOM)) * map.rows)
  return column >= 0 && column < map.columns && row >= 0 && row < map.rows ? { column, row } : undefined
}

export function drawMap(
  context: CanvasRenderingContext2D,
  map: LatencyMap,
  place: MapPlace,
  colors: Colors,
  font: string,
): void {
  drawScale(context, map, place, colors, font)
  drawTimes(context, map, place, colors)
  const most = map.counts.reduce((a, b) => Math.max(a, b), 1)
  for (let column = 0; column < map.columns; column++) {
    for (let row = 0; row < map.rows; row++) {
      const count = map.counts[column * map.rows + row]
      const waited = map.unanswered[column * map.rows + row]
      if (count === 0 && waited === 0) continue
      const { x, y, width, height } = cellBox(map, place, column, row)
      const left = Math.round(x)
      const top = Math.floor(y)
      const w = Math.max(1, Math.round(x + width) - left)
      const h = Math.max(1, Math.ceil(y + height) - top)
      // Counts differ by factors; even a single one must be seen.
      context.globalAlpha = 0.28 + 0.72 * (Math.log1p(count) / Math.log1p(most))
      context.fillStyle = colors.latency
      if (count > 0) context.fillRect(left, top, w, h)
      context.globalAlpha = 1
      context.fillStyle = colors.loss
      // Never answered: at the time after which nobody waited any more.
      if (waited > 0) context.fillRect(left, top, w, Math.max(2, Math.min(h, 3)))
    }
  }
  drawPercentile(context, map, place, map.p50, colors.ink2, () => true)
  drawPercentile(context, map, place, map.p99, colors.reorder, (column) => map.samples[column] >= ENOUGH_FOR_P99)
}

/** Pixels from the map's top of a duration. */
function heightOf(map: LatencyMap, place: MapPlace, ns: number): number {
  const low = Math.log(map.edges[0])
  const share = (Math.log(ns) - low) / (Math.log(map.edges[map.rows]) - low)
  return place.height - BOTTOM - Math.min(1, Math.max(0, share)) * (place.height - TOP - BOTTOM)
}

/** Round durations from `low` to `high` of a logarithmic axis of so many pixels: 1, 2 and 5 of each decade where they have room, else the decades. */
export function roundDurations(low: number, high: number, pixels: number): readonly number[] {
  const decade = pixels / Math.log10(high / low)
  const factors = decade * Math.log10(2) >= LABELS_APART ? [1, 2, 5] : [1]
  const each = Math.max(1, Math.ceil(LABELS_APART / decade))
  const found: number[] = []
  for (let power = Math.floor(Math.log10(low) / each) * each; 10 ** power <= high; power += each) {
    for (const factor of factors) {
      const value = factor * 10 ** power
      if (value >= low && value <= high) found.push(value)
    }
  }
  return found
}

function drawScale(
  context: CanvasRenderingContext2D,
  map: LatencyMap,
  place: MapPlace,
  colors: Colors,
  font: string,
): void {
  context.font = `11px ${font}`
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (const ns of roundDurations(map.edges[0], map.edges[map.rows], place.height - TOP - BOTTOM)) {
    const y = Math.round(heightOf(map, place, ns))
    context.fillStyle = colors.grid
    context.fillRect(LEFT, y, mapWidth(place), 1)
    context.fillStyle = colors.ink3
    const text = formatTick(formatDuration(ns))
    context.fillText(text, LEFT - 6, Math.min(place.height - BOTTOM - 6, Math.max(TOP + 6, y)))
  }
}

/** Times of the capture below the map; the font is that of the scale. */
function drawTimes(context: CanvasRenderingContext2D, map: LatencyMap, place: MapPlace, colors: Colors): void {
  const width = mapWidth(place)
  context.textBaseline = 'middle'
  for (const { time, text } of timeTicks(map, width, TIMES_APART).ticks) {
    const x = LEFT + Math.round(((time - map.from) / (map.to - map.from)) * width)
    context.fillStyle = colors.lineStrong
    context.fillRect(x, place.height - BOTTOM, 1, 4)
    context.fillStyle = colors.ink3
    const half = context.measureText(text).width / 2
    context.textAlign = 'center'
    // The first one stays right of the scale, the last one inside the pane.
    const middle = Math.min(Math.max(x, LEFT + half - 4), place.width - half - 4)
    context.fillText(text, middle, place.height - 7)
  }
}

function drawPercentile(
  context: CanvasRenderingContext2D,
  map: LatencyMap,
  place: MapPlace,
  values: Float64Array,
  color: string,
  shown: (column: number) => boolean,
): void {
  context.fillStyle = color
  for (let column = 0; column < map.columns; column++) {
    const value = values[column]
    if (Number.isNaN(value) || !shown(column)) continue
    const { x, width } = cellBox(map, place, column, 0)
    context.fillRect(Math.round(x), Math.round(heightOf(map, place, value)) - 1, Math.max(2, Math.round(width)), 2)
  }
}
