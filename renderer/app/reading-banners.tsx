import type { ReactNode } from 'react'
import type { CaptureFacts } from '../../engine/engine.ts'
import { formatAbout, formatCount, formatCounted } from '../components/format.ts'
import type { Progress } from '../worker/engine-service.ts'
import { Banner } from './banner.tsx'

interface ReadingBannersProps {
  readonly progress: Progress
  /** The row in the file of the packet that the URL names. */
  readonly selected: number | undefined
  /** Lets a part be chosen. */
  readonly onPart: () => void
  readonly onAgain: () => void
}

/** Why less than the whole capture is shown, if so. */
export function ReadingBanners({ progress, selected, onPart, onAgain }: ReadingBannersProps): ReactNode {
  const { facts, phase } = progress
  const { damage, part, unread } = facts
  const isEmpty = part !== undefined && facts.packets === 0
  const inFront = part !== undefined && selected !== undefined && selected < part.before
  return (
    <>
      {damage && (
        <Banner tone="warn">
          The capture is damaged at byte {formatCount(damage.offset)}
          {facts.compression !== 'none' && ' of the decompressed stream'}: {damage.reason}
          {facts.packets > 0 && ` The ${formatCounted(facts.packets, 'packet')} before it are shown.`}
        </Banner>
      )}
      {(unread ?? part) && !(isEmpty && phase === 'reading') && (
        <Banner
          tone={unread || isEmpty ? 'warn' : 'note'}
          actions={[{ title: part ? 'Choose another part' : 'Choose a part', run: onPart }]}
        >
          {isEmpty ? (
            `There is nothing in this part: the capture has ${formatCounted(part.before, 'packet')} in front of it.`
          ) : part ? (
            `Only ${partText(facts)} are shown${inFront ? `, packet ${formatCount(selected + 1)} is in front of them` : ''}.`
          ) : (
            <>
              The first {formatCounted(facts.packets, 'packet')}
              {progress.size > progress.bytesRead &&
                ` of about ${formatAbout((facts.packets / progress.bytesRead) * progress.size)}`}{' '}
              are shown.
            </>
          )}
          {unread && ` The capture goes on: ${unread.reason}.`}
        </Banner>
      )}
      {phase === 'cancelled' && (
        <Banner tone="note" actions={[{ title: progress.size === 0 ? 'Follow again' : 'Read it again', run: onAgain }]}>
          {progress.size === 0
            ? 'The capture is no longer followed: what came later is not shown.'
            : 'Reading was cancelled: only the beginning is shown.'}
        </Banner>
      )}
      {phase === 'failed' && (
        <Banner tone="bad" actions={[{ title: 'Read it again', run: () => location.reload() }]}>
          {progress.error} {facts.packets > 0 && `The ${formatCounted(facts.packets, 'packet')} read before are shown.`}
        </Banner>
      )}
    </>
  )
}

/** "packets 1,001 to 2,000" */
function partText({ part, packets }: CaptureFacts): string {
  const before = part?.before ?? 0
  return `packets ${formatCount(before + 1)} to ${formatCount(before + packets)}`
}
