import type { ReactNode } from 'react'
import type { LadderRow } from '../../../engine/engine.ts'
import { formatBytes, formatCount, formatCounted, formatDuration } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { LabelBadge } from '../../components/label-badge.tsx'
import { VERDICT_NAMES } from '../../components/verdict-names.ts'

interface ArrowProps {
  readonly packet: LadderRow
  /** Nanoseconds of silence before it, where that is worth a word. */
  readonly pause: number | undefined
}

/** A packet on its way. What did not arrive does not reach the other side. */
export function Arrow({ packet, pause }: ArrowProps): ReactNode {
  const { fromB, lost, labels, verdict } = packet
  const frameNumber = useFrameNumber()
  const what = whatOf(packet)
  const broken = lost && !lost.perhaps
  return (
    <div className={`arrow ${fromB ? 'from-b' : 'from-a'}${broken ? ' broken' : ''}`}>
      <span className="arrow-text">
        {labels.map((label) => (
          <LabelBadge key={label} label={label} />
        ))}
        {verdict !== undefined && VERDICT_NAMES[verdict] !== undefined && (
          <span className="label verdict">{VERDICT_NAMES[verdict]}</span>
        )}
        {lost && (
          <span className="arrow-lost">
            {lost.perhaps ? 'it or its ACK was lost' : 'lost'}, sent again as {frameNumber(lost.again)}
          </span>
        )}
        {packet.lostBefore && <span className="arrow-lost">the first one was lost before this point</span>}
        <span className="arrow-what" title={what}>
          {what}
        </span>
        {pause !== undefined && <span className="arrow-pause">{formatDuration(pause)} of silence</span>}
      </span>
      <i className="arrow-line" aria-hidden />
    </div>
  )
}

function whatOf({ tcp, protocol, info }: LadderRow): string {
  if (!tcp) return `${protocol}  ${info}`
  const { flags, seq, length, ack, window } = tcp
  const bytes =
    length > 0
      ? `${formatCount(seq)}–${formatCount(seq + length)} (${formatCounted(length, 'byte')})`
      : `seq ${formatCount(seq)}`
  return [flags, bytes, ...(ack === undefined ? [] : [`ack ${formatCount(ack)}`]), `win ${formatBytes(window)}`].join(
    '  ',
  )
}
