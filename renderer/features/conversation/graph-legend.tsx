import type { ReactNode } from 'react'
import type { SegmentKind, TimeSequence } from '../../../engine/engine.ts'
import { formatCount } from '../../components/format.ts'
import type { GraphName } from './graph-scale.ts'

const SEGMENTS: readonly (readonly [SegmentKind, string, string])[] = [
  ['fast', 'F', 'fast retransmission'],
  ['rto', 'T', 'time-out'],
  ['tlp', 'P', 'tail loss probe'],
  ['retransmission', 'R', 'retransmission'],
  ['reordered', 'O', 'overtaken'],
  ['copy', 'C', 'captured twice'],
]
const TOKEN: Readonly<Partial<Record<SegmentKind, string>>> = {
  fast: '--loss',
  rto: '--loss',
  tlp: '--loss',
  retransmission: '--loss',
  reordered: '--reorder',
  copy: '--line-strong',
}

/** What the colours on screen mean: only those that are there. */
export function GraphLegend({
  data,
  plot,
}: {
  readonly data: TimeSequence | undefined
  readonly plot: GraphName | 'all'
}): ReactNode {
  if (!data) return <div className="graph-legend" />
  if (plot === 'rtt') return <RoundTripLegend data={data} />
  const { kind, kinds } = data.segments
  const present = new Set(Array.from(kind, (number) => kinds[number]))
  return (
    <div className="graph-legend">
      <Entry token="--good" about="Acknowledged by the other side">
        ACK
      </Entry>
      <Entry
        token="--zero-window"
        about={
          data.windowsUnscaled
            ? 'Up to where the other side takes bytes. Its SYN was not captured, so the scale of its window is not known: it may be far larger.'
            : 'Up to where the other side takes bytes'
        }
      >
        window{data.windowsUnscaled && ' (scale unknown)'}
      </Entry>
      {data.sacks.row.length > 0 && (
        <Entry token="--latency" about="Received out of order, and said so (SACK)">
          SACK
        </Entry>
      )}
      {SEGMENTS.filter(([name]) => present.has(name)).map(([name, letter, text]) => (
        <Entry key={name} token={TOKEN[name] ?? '--traffic'} about={text}>
          {letter} {text}
        </Entry>
      ))}
      {data.sacksOmitted > 0 && (
        <span
          className="quiet"
          title={`${formatCount(data.sacksOmitted)} packets may have SACK blocks: zoom in to see them`}
        >
          zoom in for SACK
        </span>
      )}
    </div>
  )
}

function RoundTripLegend({ data }: { readonly data: TimeSequence }): ReactNode {
  return (
    <div className="graph-legend">
      <Entry token="--latency" about="From a segment, the first copy if there are several, to what acknowledges it">
        to the ACK
      </Entry>
      {data.rttByTimestamps.row.length > 0 && (
        <Entry
          token="--accent"
          about="From a segment to the first packet that echoes its TCP timestamp, where it was answered at once: also of what was sent again"
        >
          by timestamps
        </Entry>
      )}
    </div>
  )
}

function Entry({
  token,
  about,
  children,
}: {
  readonly token: string
  readonly about: string
  readonly children: ReactNode
}): ReactNode {
  return (
    <span title={about}>
      <i className={`swatch${token}`} aria-hidden />
      {children}
    </span>
  )
}
