import { ChevronDown, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'
import type { LiveCapture } from '../../../common/model/live-capture.ts'
import { useNow } from '../../components/age.ts'
import { formatBytes, formatCount, formatCounted, formatTimeOfDay } from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { clockText, cutsText, leftText, liveNumbers, liveWord, pointName, stateText, timesText } from './live-text.ts'
import './live.css'

export interface LiveStripProps {
  readonly capture: LiveCapture
  readonly session: CaptureSession
  /** The host does not answer: what is told was true when it last did. */
  readonly lost: boolean
  readonly onStop: (id: string) => void
  readonly onAbandon: (id: string) => void
  /** Seconds from now; undefined: without an end. */
  readonly onExtend: (id: string, seconds: number | undefined) => void
  readonly onRepeat: (capture: LiveCapture) => void
  readonly onClose: () => void
}

/**
 * How a capture goes while it is made, and how it went: what came, what was lost, how far behind this window is. Two lines, whatever
 * happens, and each button at a place of its own: nothing below or under the pointer moves.
 */
export function LiveStrip({
  capture,
  session,
  lost,
  onStop,
  onAbandon,
  onExtend,
  onRepeat,
  onClose,
}: LiveStripProps): ReactNode {
  const zone = useZone()
  const now = useNow(1000)
  const [open, setOpen] = useState(false)
  const progress = useStore(session.progress, (state) => state.progress)
  const numbers = liveNumbers(capture, now)
  const over = capture.endedAt !== undefined
  const stopping = capture.state === 'stopping'
  const behind = Math.max(0, capture.bytes - (progress?.bytesRead ?? 0))
  const directions = useDirections(session, over)
  const word = liveWord(capture, zone)
  return (
    <section
      className={`live ${capture.state}`}
      aria-label="Capture in progress"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.stopPropagation()
        setOpen(false)
      }}
    >
      <div className="live-line">
        <i className="live-dot" aria-hidden />
        <b role="status">{lost && !over ? 'How it goes is not known. When last heard' : stateText(capture, numbers)}</b>
        {(!lost || over) && <span>{timesText(capture, now)}</span>}
        {/* What is wrong comes first: where they don't all fit, the last are left out. */}
        <span className="live-facts">
          {numbers.lostBytes > 0 && (
            <Fact name="lost: the ring was full" bad>
              {formatBytes(numbers.lostBytes)}
            </Fact>
          )}
          {!over && numbers.leftBytes > 0 && <Fact name="still to fetch">{leftText(numbers)}</Fact>}
          {!over && numbers.quietMs > 8000 && (
            <Fact name="last heard" bad>
              {clockText(numbers.quietMs)} ago
            </Fact>
          )}
          {!over && capture.diskFree !== undefined && capture.diskFree < 10e9 && (
            <Fact name="disk free" bad={capture.diskFree < 1e9}>
              {formatBytes(capture.diskFree)}
            </Fact>
          )}
          <Fact name="packets">
            {formatCount(numbers.packets)}
            {!over && ` (${formatCount(Math.round(numbers.packetsPerSecond))}/s)`}
          </Fact>
          <Fact name="written">
            {formatBytes(numbers.bytes)}
            {!over && ` (${formatBytes(Math.round(numbers.bytesPerSecond))}/s)`}
          </Fact>
          <Fact name="dropped by the kernel" bad={(numbers.dropped ?? 0) > 0}>
            {numbers.dropped === undefined ? 'not said yet' : formatCount(numbers.dropped)}
          </Fact>
          <Fact name="directions" bad={directions === 'one'}>
            {directions === 'both' ? 'both' : directions === 'one' ? 'one only' : 'none yet'}
          </Fact>
          {!over && behind > 65_536 && (
            <Fact name="this window is behind by" bad={behind > 5_000_000}>
              {formatBytes(behind)}
            </Fact>
          )}
        </span>
        <span className="live-buttons" inert={lost}>
          {capture.state === 'capturing' && (
            <>
              {/* It stays once it was chosen, and keeps the focus. */}
              <button
                type="button"
                className="button small"
                aria-disabled={capture.endsAt === undefined}
                onClick={() => capture.endsAt !== undefined && onExtend(capture.id, undefined)}
              >
                No end
              </button>
              <button type="button" className="button small" onClick={() => onExtend(capture.id, 600)}>
                10 minutes more
              </button>
            </>
          )}
          {stopping && (
            <button type="button" className="button small" onClick={() => onAbandon(capture.id)}>
              Give up the rest
            </button>
          )}
          {over ? (
            <button type="button" className="button small live-slot" onClick={() => onRepeat(capture)}>
              Repeat
            </button>
          ) : (
            <button
              type="button"
              className="button small primary live-slot"
              aria-disabled={stopping}
              onClick={() => {
                if (!stopping) onStop(capture.id)
              }}
            >
              Stop
            </button>
          )}
          <button
            type="button"
            className={over ? 'icon-button small' : 'icon-button small absent'}
            aria-label="Close"
            title="Close"
            disabled={!over}
            onClick={onClose}
          >
            <X size={14} aria-hidden />
          </button>
        </span>
      </div>
      <div className="live-line">
        <button
          type="button"
          className="button small live-more"
          aria-expanded={open}
          title="How each point does"
          onClick={() => setOpen(!open)}
        >
          {formatCounted(capture.points.length, 'point')}
          <ChevronDown size={12} aria-hidden />
        </button>
        <span className={`live-word ${word.tone}`} role="status" title={word.text}>
          {word.text}
        </span>
      </div>
      {open && (
        <ul className="live-points" aria-label="Points">
          {capture.points.map((point) => (
            <Point key={point.id} capture={capture} point={point} now={now} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Point({
  capture,
  point,
  now,
}: {
  readonly capture: LiveCapture
  readonly point: CapturePointStatus
  readonly now: number
}): ReactNode {
  const zone = useZone()
  const health = capture.health.find(({ id }) => id === point.id)
  const quiet = health?.silentSince
  return (
    <li>
      <span>
        <b>{pointName(point)}</b> {point.interface} on {point.node}: {point.state},{' '}
        {formatCounted(point.packets, 'packet')}, {formatBytes(point.bytes)}
        {point.dropped !== undefined && `, ${formatCount(point.dropped)} dropped`}
        {point.cuts > 0 && `, ${cutsText(point)}`}
      </span>
      {point.message !== undefined && <span className="live-bad">{point.message}</span>}
      {point.events?.map(({ at, text }, i) => (
        <span key={`${i} ${at}`} className="live-bad">
          {formatTimeOfDay(at, zone)} {text}
        </span>
      ))}
      {quiet !== undefined && capture.endedAt === undefined && (
        <span className="live-silent">
          No packet for {clockText(now - quiet)}. {health?.whySilent.join(' ')}
        </span>
      )}
    </li>
  )
}

function Fact({
  name,
  bad = false,
  children,
}: {
  readonly name: string
  readonly bad?: boolean
  readonly children: ReactNode
}): ReactNode {
  return (
    <span className={bad ? 'live-fact live-bad' : 'live-fact'}>
      <span className="live-name">{name}</span> {children}
    </span>
  )
}

const ASK_EVERY_MS = 3000
const LOOKED_AT = 100

/** Whether both sides of some conversation are seen: one alone is a route that goes past the point, or a filter. */
function useDirections(session: CaptureSession, over: boolean): 'none' | 'one' | 'both' {
  const now = useNow(ASK_EVERY_MS)
  const packets = useStore(session.progress, (state) => state.progress?.facts.packets ?? 0)
  const { value } = useAnswer(packets === 0 ? undefined : over ? `over ${packets}` : String(now), () =>
    session.engine.conversations({}, 'packetsAB', true, 0, LOOKED_AT),
  )
  if (!value || value.rows.length === 0) return 'none'
  return value.rows.some(({ packetsAB, packetsBA }) => packetsAB > 0 && packetsBA > 0) ? 'both' : 'one'
}
