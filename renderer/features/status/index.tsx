import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { isNarrowed } from '../../components/filter-text.ts'
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDate,
  formatDuration,
  formatSeconds,
  formatShare,
} from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import type { Progress } from '../../worker/engine-service.ts'
import './status.css'

export interface StatusBarProps {
  readonly session: CaptureSession
  readonly progress: Progress
  readonly view: ViewStore
  readonly shown: number | undefined
  /** A short word, now; else empty. */
  readonly announcement: string
}

/** The last line of the window: how far reading is, what the capture is, and what is selected. */
export function StatusBar({ session, progress, view, shown, announcement }: StatusBarProps): ReactNode {
  const zone = useZone()
  const range = useStore(view.store, (state) => state.range)
  const narrowed = useStore(view.store, isNarrowed)
  const row = useStore(view.store, (state) => state.row)
  const { facts, phase } = progress
  const frameNumber = useFrameNumber()
  const compression = facts.compression === 'none' ? '' : `, ${facts.compression}`
  return (
    <footer className="status" aria-label="Status">
      {phase === 'reading' ? (
        <Reading progress={progress} onCancel={() => session.cancel()} />
      ) : (
        <>
          <span className="status-facts" title={session.path}>
            <span>
              {facts.format ?? 'no capture'}
              {compression}, {formatBytes(progress.bytesRead)}
            </span>
            {facts.epochNs !== undefined && (
              <span>
                {formatDate(facts.epochNs, 0, zone)}, {formatDuration(facts.lastTime - facts.firstTime)}
              </span>
            )}
            {facts.interfaces.length > 1 && <span>{formatCounted(facts.interfaces.length, 'interface')}</span>}
          </span>
        </>
      )}
      {facts.cutPackets > 0 && (
        <span
          className="status-warn"
          title="The snap length of the capture cut these packets: headers are there, the rest of their bytes is not."
        >
          {formatCounted(facts.cutPackets, 'packet')} cut
          <span className="status-share"> ({formatShare(facts.cutPackets, facts.packets)})</span>
        </span>
      )}
      <Searching session={session} />
      <span className="status-rest" role="status">
        {announcement}
      </span>
      {row !== undefined && <span className="status-packet">No. {formatCount(frameNumber(row))}</span>}
      {range && (
        <span>
          {formatSeconds(range.from, 3)} – {formatSeconds(range.to, 3)} s
        </span>
      )}
      <span data-testid="shown">
        {shown === undefined || !narrowed || shown === facts.packets ? (
          `${formatCounted(facts.packets, 'packet')}${facts.part ? ', a part of the file' : ''}`
        ) : (
          <>
            {formatCount(shown)} of {formatCounted(facts.packets, 'packet')} shown
            <span className="status-share"> ({formatShare(shown, facts.packets)})</span>
          </>
        )}
      </span>
    </footer>
  )
}

/** By itself, as it changes many times a second. */
function Searching({ session }: { readonly session: CaptureSession }): ReactNode {
  const search = useStore(session.progress, (state) => state.search)
  if (!search) return null
  const { sorting, done, total, stoppedWith } = search
  if (stoppedWith !== undefined) {
    return (
      <>
        <span className="status-search status-warn" role="status">
          Stopped: {stoppedWith === 0 ? 'no match' : formatCounted(stoppedWith, 'match', 'matches')} in the first{' '}
          {formatShare(done, total)} of packets
        </span>
        <button type="button" className="button small" onClick={() => session.goOnSearching()}>
          Go on
        </button>
      </>
    )
  }
  return (
    <>
      <span className="status-search">
        {sorting ? 'Sorting packets' : 'Reading packets for the filter'}: {formatShare(done, total)} of{' '}
        {formatCount(total)}
      </span>
      {!sorting && (
        <button
          type="button"
          className="button small"
          title="Keep what was found (Esc)"
          onClick={() => session.stopSearch()}
        >
          Stop
        </button>
      )}
    </>
  )
}

function Reading({ progress, onCancel }: { readonly progress: Progress; readonly onCancel: () => void }): ReactNode {
  const { bytesRead, size, leftMs } = progress
  // It grows: there is no end to wait for.
  if (size === 0) {
    return (
      <>
        <span className="status-reading">Following the capture, {formatBytes(bytesRead)} so far</span>
        <button type="button" className="button small" onClick={onCancel}>
          Stop following
        </button>
      </>
    )
  }
  const share = Math.min(1, bytesRead / size)
  return (
    <>
      <span
        className="status-reading"
        role="progressbar"
        aria-label="Reading the capture"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        Reading {formatBytes(bytesRead)} of {formatBytes(size)}
        {leftMs !== undefined && `, ${formatDuration(leftMs * 1e6)} left`}
      </span>
      <button type="button" className="button small" onClick={onCancel}>
        Cancel
      </button>
    </>
  )
}
