import type { Lanes } from '../../../engine/engine.ts'
import {
  formatBitRate,
  formatClock,
  formatCount,
  formatDate,
  formatDuration,
  formatTick,
  type Zone,
} from '../../components/format.ts'
import { ENOUGH_FOR_P99 } from '../../components/measure-names.ts'
import type { Colors } from '../../components/colors.ts'
import { DAY, decimalsFor, timeTicks } from '../../components/time-ticks.ts'
import { drawFindings, type PlacedFinding } from './findings-lane.ts'
import { AXIS, COUNT_LANES, RULER, type LanePlace } from './lane-specs.ts'
import type { TimeScale } from './time-scale.ts'
import { LogScale, niceCeiling } from './value-scale.ts'

// Drawing of the lanes: a function of what is shown. Coordinates are CSS pixels; the context is scaled to device pixels.

export interface LanesPicture {
  readonly scale: TimeScale
  readonly places: readonly LanePlace[]
  readonly height: number
  readonly lanes: Lanes | undefined
  readonly findings: readonly PlacedFinding[]
  readonly epochNs: string | undefined
  readonly zone: Zone
  readonly colors: Colors
  readonly font: string
}

export function drawLanes(context: CanvasRenderingContext2D, picture: LanesPicture): void {
  const { scale, lanes, places } = picture
  // Without a packet there is no time.
  if (picture.epochNs !== undefined) drawRuler(context, picture)
  for (const place of places) hairline(context, picture, place.top)
  if (!lanes) return
  const visible = visibleBuckets(lanes, scale)
  context.save()
  context.beginPath()
  context.rect(0, 0, scale.width, picture.height)
  context.clip()
  const labels = places.flatMap((place) => {
    if (place.height < 8) return []
    if (place.id === 'findings') {
      drawFindings(context, scale, picture.colors, place, picture.findings)
      return []
    }
    if (place.id === 'throughput') return drawThroughput(context, picture, lanes, place, visible)
    if (place.id === 'rtt') return drawRtt(context, picture, lanes, place, visible)
    return drawCounts(context, picture, lanes, place, visible)
  })
  context.restore()
  drawAxis(context, picture, labels)
}

/** A value of a lane's axis, and where it stands. */
interface AxisLabel {
  readonly text: string
  readonly y: number
}

interface Visible {
  readonly first: number
  readonly last: number
  /** Left edge of a bucket, in pixels. */
  readonly edge: (bucket: number) => number
}

function visibleBuckets(lanes: Lanes, scale: TimeScale): Visible {
  const width = (lanes.to - lanes.from) / lanes.buckets
  return {
    first: Math.max(0, Math.floor((scale.range.from - lanes.from) / width)),
    last: Math.min(lanes.buckets, Math.ceil((scale.range.to - lanes.from) / width)),
    edge: (bucket) => Math.round(scale.x(lanes.from + bucket * width)),
  }
}

function hairline(context: CanvasRenderingContext2D, { colors, scale }: LanesPicture, y: number): void {
  context.fillStyle = colors.line
  context.fillRect(0, y, scale.width + AXIS, 1)
}

function drawRuler(context: CanvasRenderingContext2D, picture: LanesPicture): void {
  const { scale, colors, epochNs, zone, font, height } = picture
  const { step, ticks } = timeTicks(scale.range, scale.width, 96)
  context.font = `11px ${font}`
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  for (const { time, text: since } of ticks) {
    const x = Math.round(scale.x(time))
    context.fillStyle = colors.grid
    context.fillRect(x, RULER, 1, height - RULER)
    context.fillStyle = colors.lineStrong
    context.fillRect(x, 6, 1, RULER - 6)
    context.fillStyle = colors.ink2
    const clock =
      epochNs === undefined
        ? ''
        : step >= DAY
          ? formatDate(epochNs, time, zone)
          : formatClock(epochNs, time, zone, Math.min(decimalsFor(step), 6))
    // A text that is cut off says something else.
    if (x + 5 + Math.max(context.measureText(since).width, context.measureText(clock).width) > scale.width + AXIS)
      continue
    context.fillText(since, x + 5, 15)
    context.fillStyle = colors.ink3
    context.fillText(clock, x + 5, 29)
  }
}

function drawThroughput(
  context: CanvasRenderingContext2D,
  picture: LanesPicture,
  lanes: Lanes,
  place: LanePlace,
  { first, last, edge }: Visible,
): readonly AxisLabel[] {
  const { colors } = picture
  const seconds = (lanes.to - lanes.from) / lanes.buckets / 1e9
  let max = 0
  for (let i = first; i < last; i++) if (lanes.bytes[i] > max) max = lanes.bytes[i]
  const top = niceCeiling((max * 8) / seconds)
  const bottom = place.top + place.height
  const room = place.height - 8
  const y = (i: number) => bottom - Math.round(((lanes.bytes[i] * 8) / seconds / top) * room)

  // A filled step with a line on top, and silence as a gap: not a line at zero.
  for (let i = first; i < last; i++) {
    if (lanes.bytes[i] === 0) continue
    const x = edge(i)
    const width = Math.max(2, edge(i + 1) - x)
    const at = Math.min(y(i), bottom - 1)
    context.fillStyle = colors.trafficWash
    context.fillRect(x, at, width, bottom - at)
    context.fillStyle = colors.traffic
    context.fillRect(x, at, width, 1)
  }
  return max > 0 ? [{ text: formatTick(formatBitRate(top)), y: place.top + 8 }] : []
}

function drawCounts(
  context: CanvasRenderingContext2D,
  picture: LanesPicture,
  lanes: Lanes,
  place: LanePlace,
  { first, last, edge }: Visible,
): readonly AxisLabel[] {
  const lane = COUNT_LANES.find((spec) => spec.id === place.id)
  if (!lane) return []
  const values = lanes[lane.id]
  let max = 0
  for (let i = first; i < last; i++) if (values[i] > max) max = values[i]
  if (max === 0) return []
  const top = niceCeiling(max)
  const bottom = place.top + place.height
  const room = place.height - 5
  context.fillStyle = picture.colors[lane.color]
  for (let i = first; i < last; i++) {
    if (values[i] === 0) continue
    const x = edge(i)
    const width = edge(i + 1) - x
    // A single reset must be seen beside a thousand: nothing is lower than 4 pixels or narrower than 2.
    const tall = Math.max(4, Math.round((values[i] / top) * room))
    context.fillRect(x, bottom - tall, Math.max(2, width > 3 ? width - 1 : width), tall)
  }
  return place.height >= 24 ? [{ text: formatCount(top), y: place.top + 8 }] : []
}

function drawRtt(
  context: CanvasRenderingContext2D,
  picture: LanesPicture,
  lanes: Lanes,
  place: LanePlace,
  { first, last, edge }: Visible,
): readonly AxisLabel[] {
  const { colors, scale } = picture
  let least = Infinity
  let greatest = 0
  for (let i = first; i < last; i++) {
    if (lanes.rttP50[i] < least) least = lanes.rttP50[i]
    if (lanes.rttMax[i] > greatest) greatest = lanes.rttMax[i]
  }
  if (greatest === 0) return []
  const log = new LogScale(least, greatest)
  const bottom = place.top + place.height - 2
  const room = place.height - 10
  const y = (value: number) => bottom - Math.round(log.height(value) * room)

  for (const value of log.decades()) {
    context.fillStyle = colors.grid
    context.fillRect(0, y(value), scale.width, 1)
  }

  for (let i = first; i < last; i++) {
    if (Number.isNaN(lanes.rttP50[i])) continue
    const x = edge(i)
    const width = Math.max(2, edge(i + 1) - x)
    const p50 = y(lanes.rttP50[i])
    const p90 = y(lanes.rttP90[i])
    const p99 = y(lanes.rttP99[i])
    const max = y(lanes.rttMax[i])
    context.fillStyle = colors.latencyWash
    context.fillRect(x, p90, width, Math.max(1, p50 - p90))
    if (max < p99 - 1) {
      context.fillStyle = colors.faint
      context.fillRect(x, max, width, 1)
    }
    const thin = lanes.rttSamples[i] < ENOUGH_FOR_P99
    context.globalAlpha = thin ? 1 : 0.55
    context.fillStyle = thin ? colors.faint : colors.latency
    context.fillRect(x, p99, width, 1)
    context.globalAlpha = 1
    context.fillStyle = colors.latency
    context.fillRect(x, p50 - 1, width, 2)
  }

  // From the top down, as many as there is room for.
  const labels: AxisLabel[] = []
  let above = -Infinity
  for (const value of [log.high, ...log.decades().toReversed(), log.low]) {
    const at = Math.min(Math.max(y(value), place.top + 7), place.top + place.height - 6)
    if (at - above < 13) continue
    above = at
    labels.push({ text: formatTick(formatDuration(value)), y: above })
  }
  return labels
}

/** Beside the data, not over it. */
function drawAxis(
  context: CanvasRenderingContext2D,
  { colors, font, scale }: LanesPicture,
  labels: readonly AxisLabel[],
): void {
  context.font = `10px ${font}`
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  context.fillStyle = colors.ink3
  for (const { text, y } of labels) context.fillText(text, scale.width + AXIS - 6, y)
}
