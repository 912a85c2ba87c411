import type { ReactNode } from 'react'
import { Banner } from './banner.tsx'
import type { ConnectionStatus } from './host-link.ts'

interface WindowBannersProps {
  readonly status: ConnectionStatus
  readonly onRetry: () => void
  /** What could not be done, as long as nobody has dismissed it. */
  readonly problems: readonly (false | { readonly text: string | undefined; readonly dismiss: () => void })[]
}

/** What concerns the whole window: above its lowest line, so that nothing is covered and what is above stays where it is. */
export function WindowBanners({ status, onRetry, problems }: WindowBannersProps): ReactNode {
  return (
    <>
      {status.state === 'lost' && (
        <Banner tone="warn" actions={[{ title: 'Try now', run: onRetry }]}>
          {status.reason} Trying again; what is open can still be looked at.
        </Banner>
      )}
      {status.state === 'refused' && <Banner tone="bad">{status.reason}</Banner>}
      {problems.map(
        (problem, i) =>
          problem &&
          problem.text !== undefined && (
            <Banner key={i} tone="bad" actions={[{ title: 'Dismiss', run: problem.dismiss }]}>
              {problem.text}
            </Banner>
          ),
      )}
    </>
  )
}
