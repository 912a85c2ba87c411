import { useState, type ReactNode } from 'react'
import './demo.css'

/** For those who have no cluster at hand. */
export function Demo({ onDemo }: { readonly onDemo: () => Promise<void> }): ReactNode {
  const [state, setState] = useState<'idle' | 'starting' | { readonly problem: string }>('idle')
  function start(): void {
    if (state === 'starting') return
    setState('starting')
    onDemo().then(
      () => setState('idle'),
      (error: unknown) => setState({ problem: error instanceof Error ? error.message : String(error) }),
    )
  }
  return (
    <>
      <button type="button" className="button demo-start" aria-disabled={state === 'starting'} onClick={start}>
        {state === 'starting' ? 'Starting…' : 'Try a demo cluster'}
      </button>
      {/* Of two lines each: nothing moves while it starts. */}
      {typeof state === 'object' ? (
        <p className="demo-problem" role="alert">
          {state.problem}
        </p>
      ) : (
        <p role="status" className="quiet">
          {state === 'starting'
            ? 'Its network and pods are being set up on this machine, which takes some seconds.'
            : 'The demo is a small shop that runs on this machine only, with troubles of its own.'}
        </p>
      )}
    </>
  )
}
