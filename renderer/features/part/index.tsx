import { useId, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CapturePart } from '../../../common/model/capture.ts'
import type { CaptureFacts } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { Dialog } from '../../components/dialog.tsx'
import {
  formatAbout,
  formatBytes,
  formatClock,
  formatCount,
  formatCounted,
  formatDuration,
  formatShare,
  type Zone,
} from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import type { OverviewProgress } from '../../worker/engine-service.ts'
import { packetsIn, partOf, stretchFrom, timeFields, timeOf, type PartFields } from './stretch.ts'
import { Strip } from './strip.tsx'
import './part.css'

export interface ChoosePartProps {
  readonly session: CaptureSession
  readonly facts: CaptureFacts
  /** How many packets can be kept, where that is known. */
  readonly most: number | undefined
  readonly onChoose: (part: CapturePart | undefined) => void
  readonly onClose: () => void
}

/** Which stretch of the capture is read: from an overview of all of it, by numbers of packets, or by time. */
export function ChoosePart({ session, facts, most, onChoose, onClose }: ChoosePartProps): ReactNode {
  const zone = useZone()
  const { progress, crash } = useStore(session.overview.store)
  const [fields, setFields] = useState<PartFields>(() => proposal(facts))
  const overview = progress?.overview
  const chosen = partOf(fields)
  const part = 'part' in chosen ? chosen.part : undefined
  const count = part && overview && overview.frames > 0 ? packetsIn(part, overview) : undefined
  const set = (change: Partial<PartFields>) => setFields({ ...fields, ...change })

  return (
    <Dialog
      title="Part of the capture"
      className="part"
      onSubmit={() => {
        if (part) onChoose(part)
      }}
      onClose={onClose}
      problem={'problem' in chosen ? chosen.problem : undefined}
      status={
        <>
          {count !== undefined &&
            (fields.by === 'packets' ? formatCounted(count, 'packet') : `about ${formatAbout(count)} packets`)}
          {count !== undefined && most !== undefined && count > most && (
            <em>, of which the first {formatAbout(most)} fit</em>
          )}
        </>
      }
      actions={
        <>
          {session.part && (
            <button type="button" className="button" onClick={() => onChoose(undefined)}>
              Read from the start
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!part}>
            Read this part
          </button>
        </>
      }
    >
      <p className="part-about">
        Only this part is read. Numbers of packets and times stay those of the file; streams are numbered within the
        part, and what began before it is seen from its middle.
      </p>
      {overview && overview.frames > 0 && (
        <Strip
          overview={overview}
          chosen={part && timeOf(part, overview)}
          onChoose={(range) => setFields(timeFields(range, overview))}
          onPoint={(at) => setFields(timeFields(stretchFrom(at, most ?? overview.frames / 10, overview), overview))}
        />
      )}
      <Made progress={progress} crash={crash} />
      <fieldset>
        <legend>By</legend>
        {(['packets', 'time'] as const).map((by) => (
          <label key={by}>
            <input
              type="radio"
              name="by"
              checked={fields.by === by}
              onChange={() => setFields(by === fields.by ? fields : { by, from: '', to: '' })}
            />
            {by === 'packets' ? 'Numbers of packets' : 'Seconds since the first packet'}
          </label>
        ))}
      </fieldset>
      <div className="part-ends">
        <End name="From" value={fields.from} empty="the start" first onChange={(from) => set({ from })}>
          {clockOf(fields.by, fields.from, overview?.epoch, zone)}
        </End>
        <End name="To" value={fields.to} empty="the end" onChange={(to) => set({ to })}>
          {clockOf(fields.by, fields.to, overview?.epoch, zone)}
        </End>
      </div>
    </Dialog>
  )
}

/** What comes behind what is read now; else what is read now. */
function proposal({ part, packets, unread }: CaptureFacts): PartFields {
  const before = part?.before ?? 0
  const first = unread ? before + packets + 1 : before + 1
  return { by: 'packets', from: String(first), to: String(first + Math.max(packets, 1) - 1) }
}

/** How far the overview is, and what can be said of the whole. */
function Made({
  progress,
  crash,
}: {
  readonly progress: OverviewProgress | undefined
  readonly crash: string | undefined
}): ReactNode {
  if (crash !== undefined) return <p className="dialog-problem">There is no overview: {crash}</p>
  if (!progress) return <p className="part-made">Looking through the capture…</p>
  const { overview, bytesRead, size, done, error } = progress
  const share = size > 0 ? bytesRead / size : undefined
  const counts = `${formatCounted(overview.frames, 'packet')} in ${formatBytes(bytesRead)}, ${formatDuration(Math.max(0, overview.latest))}`
  return (
    <>
      <p className="part-made" data-done={done}>
        {done
          ? counts
          : `Looking through the capture${share === undefined ? '' : `, ${formatShare(bytesRead, size)}`}: ${counts}`}
      </p>
      {error !== undefined && <p className="dialog-problem">{error}</p>}
      {overview.damage && (
        <p className="dialog-problem">
          Damaged behind packet {formatCount(overview.frames)}: {overview.damage.reason}
        </p>
      )}
      {overview.compression !== 'none' && (
        <p className="part-made">
          It is compressed ({overview.compression}), so a part is reached by reading from the beginning of the file.
        </p>
      )}
    </>
  )
}

interface EndProps {
  readonly name: string
  readonly value: string
  /** What it means when nothing is there. */
  readonly empty: string
  /** Has the focus at first. */
  readonly first?: boolean
  readonly onChange: (value: string) => void
  readonly children: ReactNode
}

function End({ name, value, empty, first, onChange, children }: EndProps): ReactNode {
  const id = useId()
  return (
    <div>
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        className="number"
        inputMode="decimal"
        data-first-focus={first}
        aria-describedby={`${id}-about`}
        value={value}
        placeholder={empty}
        onChange={(event) => onChange(event.target.value)}
      />
      <small id={`${id}-about`}>{children}</small>
    </div>
  )
}

/** The time of day of a field in seconds. */
function clockOf(by: PartFields['by'], text: string, epoch: bigint | undefined, zone: Zone): string {
  const seconds = Number(text)
  if (by !== 'time' || epoch === undefined || text.trim() === '' || !Number.isFinite(seconds)) return ''
  return formatClock(String(epoch), seconds * 1e9, zone, 3)
}
