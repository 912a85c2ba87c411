import type { ReactNode } from 'react'
import { formatAbout, formatCounted } from '../components/format.ts'
import type { Progress } from '../worker/engine-service.ts'
import { Banner } from './banner.tsx'

/** Why less than the whole capture is shown, if so. */
export function ReadingBanners({ progress }: { readonly progress: Progress }): ReactNode {
  const { facts } = progress
  return (
    <>
      {facts.damage && (
        <Banner tone="warn">
          {facts.packets === 0 ? 'This is not a capture that can be read: ' : 'The capture is damaged: '}
          {facts.damage.reason} (at byte {facts.damage.offset.toLocaleString('en-US')}
          {facts.compression !== 'none' && ' of the decompressed stream'}).
          {facts.packets > 0 && ` The ${formatCounted(facts.packets, 'packet')} before it are shown.`}
        </Banner>
      )}
      {facts.unread && (
        <Banner tone="warn">
          The first {formatCounted(facts.packets, 'packet')}
          {progress.size > progress.bytesRead &&
            ` of about ${formatAbout((facts.packets / progress.bytesRead) * progress.size)}`}{' '}
          are shown, the capture goes on: {facts.unread.reason}. <code>editcap -c {facts.packets}</code> splits it into
          parts that can be opened whole.
        </Banner>
      )}
      {progress.phase === 'failed' && (
        <Banner tone="bad" actions={[{ title: 'Read it again', run: () => location.reload() }]}>
          {progress.error} {facts.packets > 0 && `The ${formatCounted(facts.packets, 'packet')} read before are shown.`}
        </Banner>
      )}
    </>
  )
}
