import type { SegmentKind, SequenceMark, TimeSequence } from '../../../engine/engine.ts'
import type { GraphName, TimeAxis, ValueScale } from './graph-scale.ts'

/** Something in the graph that stands for a packet. */
export interface Picked {
  readonly row: number
  readonly time: number
  readonly low: number
  readonly high: number
  readonly what: SegmentKind | SequenceMark | 'ack' | 'sack' | 'rtt' | 'rtt-timestamps' | 'in-flight' | 'window'
}

const REACH = 14

/** What is drawn nearest to a point of the plot, if anything is near. */
export function pick(
  data: TimeSequence,
  graph: GraphName,
  axis: TimeAxis,
  scale: ValueScale,
  x: number,
  y: number,
): Picked | undefined {
  let best: Picked | undefined
  let nearest = REACH
  const consider = (distance: number, found: () => Picked) => {
    if (distance >= nearest) return
    nearest = distance
    best = found()
  }
  const away = (time: number, low: number, high: number) => {
    const top = scale.y(high)
    const bottom = scale.y(low)
    return Math.hypot(axis.x(time) - x, y < top ? top - y : y > bottom ? y - bottom : 0)
  }
  const points = ({ time, value, row }: TimeSequence['acks'], what: (i: number) => Picked['what'], worse = 0) => {
    for (let i = 0; i < row.length; i++) {
      consider(away(time[i], value[i], value[i]) + worse, () => ({
        row: row[i],
        time: time[i],
        low: value[i],
        high: value[i],
        what: what(i),
      }))
    }
  }
  const spans = ({ time, low, high, row }: TimeSequence['sacks'], what: (i: number) => Picked['what'], worse = 0) => {
    for (let i = 0; i < row.length; i++) {
      consider(away(time[i], low[i], high[i]) + worse, () => ({
        row: row[i],
        time: time[i],
        low: low[i],
        high: high[i],
        what: what(i),
      }))
    }
  }
  switch (graph) {
    case 'sequence':
      points(data.marks, (i) => data.marks.kinds[data.marks.kind[i]])
      spans(data.segments, (i) => data.segments.kinds[data.segments.kind[i]])
      // Lines yield to what lies on them.
      spans(data.sacks, () => 'sack', 2)
      points(data.acks, () => 'ack', 3)
      break
    case 'rtt':
      points(data.rttByTimestamps, () => 'rtt-timestamps')
      points(data.rtt, () => 'rtt')
      break
    case 'window':
      points(data.inFlight, () => 'in-flight')
      points(data.window, () => 'window', 2)
      break
    case 'throughput':
      break
  }
  return best
}
