import { useEffect, useRef, type ReactNode } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { formatCount } from '../components/format.ts'
import { CaptureView } from '../features/inspector/capture-view.tsx'
import type { Progress } from '../worker/engine-service.ts'
import type { CaptureSession } from './capture-session.ts'

interface NoPacketsProps {
  readonly session: CaptureSession
  readonly progress: Progress
  readonly onOpen: () => void
  readonly onClose: () => void
}

/** Instead of the workspace, when reading has ended and there is nothing to show: why, where in the file, and what to do. */
export function NoPackets({ session, progress, onOpen, onClose }: NoPacketsProps): ReactNode {
  const page = useRef<HTMLElement>(null)
  useEffect(() => {
    if (document.activeElement === document.body) page.current?.querySelector('button')?.focus()
  }, [])
  const again = { title: 'Read it again', run: () => location.reload() }
  return (
    <main ref={page} className="start no-packets">
      <EmptyState
        {...explain(session.name, progress)}
        actions={[
          { title: 'Open another capture', run: onOpen },
          // A page may not keep a dropped file across a reload.
          ...(session.ref.kind === 'dropped' ? [] : [again]),
          { title: 'Close', run: onClose },
        ]}
      />
      <CaptureView session={session} facts={progress.facts} version={progress.version} onFilter={() => undefined} />
    </main>
  )
}

interface Explanation {
  readonly title: string
  readonly children: string
  readonly tone?: 'bad'
}

export function explain(name: string, { phase, error, facts }: Progress): Explanation {
  const { compression, damage, format } = facts
  if (phase === 'failed') return { tone: 'bad', title: `${name} could not be read`, children: error ?? '' }
  if (phase === 'cancelled')
    return { title: `Reading ${name} was cancelled`, children: 'No packet had been read by then.' }
  if (!damage)
    return {
      title: `${name} holds no packets`,
      children:
        'It is a valid capture in which nothing was recorded: often the capture filter matches no traffic, or it was the wrong interface.',
    }
  const place = `At byte ${formatCount(damage.offset)}${compression === 'none' ? '' : ' of the decompressed stream'}: `
  return {
    tone: 'bad',
    title: format ? `No packet of ${name} can be read` : `${name} is no capture that can be read`,
    children: `${damage.offset > 0 ? place : ''}${damage.reason}`,
  }
}
