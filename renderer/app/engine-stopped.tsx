import type { ReactNode } from 'react'
import { EmptyState } from '../components/empty-state.tsx'

/** In the place of a capture whose engine failed; `why` is a sentence. */
export function EngineStopped({ why }: { readonly why: string }): ReactNode {
  return (
    <main className="work" style={{ padding: 32 }}>
      <EmptyState
        tone="bad"
        title="The engine stopped"
        actions={[{ title: 'Open it again', run: () => location.reload() }]}
      >
        {why} The capture is untouched. If it happens with this capture again, please report it.
      </EmptyState>
    </main>
  )
}
