import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { StoreApi } from 'zustand/vanilla'
import type { TimeSequence } from '../../../engine/engine.ts'
import { formatBitRate, formatBytes, formatCount, formatDuration, formatSeconds } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { bitRate, scaleOf, VALUE_TEXT, type GraphPicture } from './draw-graph.ts'
import { pick, type Picked } from './graph-pick.ts'
import { AXIS, type GraphName, type LanePlace, type ValueScale } from './graph-scale.ts'

/** In CSS pixels, from the plot's left and top edge. */
export interface Pointer {
  readonly x: number
  readonly y: number
}

type Picture = Pick<GraphPicture, 'axis' | 'places' | 'data' | 'low' | 'high'>

/** The scale of the sequence numbers, where their graph is shown. */
export function sequenceScale(picture: Picture): ValueScale | undefined {
  const place = picture.places.find(({ name }) => name === 'sequence')
  return place && scaleOf(place, picture)
}

function placeAt({ places }: Picture, y: number): LanePlace | undefined {
  return places.find(({ top, height }) => y >= top && y < top + height)
}

/** What is drawn nearest to the pointer, if anything is near. */
export function pickAt(picture: Picture, { x, y }: Pointer): Picked | undefined {
  const place = placeAt(picture, y)
  return place && picture.data && pick(picture.data, place.name, picture.axis, scaleOf(place, picture), x, y)
}

const WHAT: Readonly<Record<Picked['what'], string>> = {
  new: 'segment',
  fast: 'fast retransmission',
  rto: 'retransmission after a time-out',
  tlp: 'tail loss probe',
  retransmission: 'retransmission',
  copy: 'captured twice',
  reordered: 'overtaken on the way',
  probe: 'keep-alive or window probe',
  syn: 'SYN',
  fin: 'FIN',
  rst: 'RST',
  'zero-window': 'zero window',
  ack: 'ACK',
  sack: 'SACK block',
  rtt: 'RTT to the ACK',
  'rtt-timestamps': 'RTT by timestamps',
  'in-flight': 'in flight',
  window: 'window',
}

/** What is under the pointer, or at least where that is. */
export function Readout({
  pointer,
  picture,
}: {
  readonly pointer: StoreApi<{ readonly at: Pointer | undefined }>
  readonly picture: Picture & { readonly height: number }
}): ReactNode {
  const at = useStore(pointer, (state) => state.at)
  const frameNumber = useFrameNumber()
  const place = at && placeAt(picture, at.y)
  if (!at || !place || !picture.data) return null
  const found = pickAt(picture, at)
  const value = scaleOf(place, picture).value(at.y)
  const text = found
    ? `No. ${frameNumber(found.row)}  ${WHAT[found.what]}  ${numbers(place.name, found)}`
    : place.name === 'throughput'
      ? throughputAt(picture.data, picture.axis.time(at.x))
      : VALUE_TEXT[place.name](value)
  const right = at.x > picture.axis.width / 2
  return (
    <>
      <div className="graph-cross" style={{ transform: `translateX(${Math.round(at.x)}px)`, bottom: AXIS }} />
      <div className="graph-level" style={{ transform: `translateY(${Math.round(at.y)}px)` }} />
      <div
        className="graph-tip"
        style={{
          transform: `translate(${Math.round(at.x) + (right ? -10 : 12)}px, ${Math.round(Math.max(2, at.y - 26))}px)${right ? ' translateX(-100%)' : ''}`,
        }}
      >
        {formatSeconds(found?.time ?? picture.axis.time(at.x), 6)} s{'  '}
        {text}
      </div>
    </>
  )
}

function numbers(graph: GraphName, { low, high, what }: Picked): string {
  if (graph === 'rtt') return formatDuration(low)
  if (graph === 'window') return formatBytes(low)
  if (high > low) return `${formatCount(low)}–${formatCount(high)} (${formatCount(high - low)})`
  return `${what === 'ack' || what === 'zero-window' ? 'up to ' : ''}${formatCount(low)}`
}

/** What was sent and acknowledged around a time, each of them in a second. */
function throughputAt(data: TimeSequence, time: number): string {
  const { from, to, sent, acked } = data
  const part = Math.floor(((time - from) / (to - from)) * sent.length)
  if (!(part in sent)) return ''
  const rate = bitRate(data)
  return `sent ${formatBitRate(sent[part] * rate)}, acknowledged ${formatBitRate(acked[part] * rate)}, in ${formatDuration((to - from) / sent.length)}`
}
