import type { ReactNode } from 'react'
import type { ContextList } from '../../common/model/context.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { Demo } from '../features/start/demo.tsx'

interface UnusableContextProps {
  readonly context: ContextList['contexts'][number] | undefined
  /** Kubeconfig files that were looked at. */
  readonly files: ContextList['files']
  readonly onLogIn: (context: string) => void
  readonly onAsk: (context: string) => void
  /** Starts the demo cluster and shows it. */
  readonly onDemo: () => Promise<void>
}

/** In place of a cluster's lists: why there are none, and what to do. */
export function UnusableContext({ context, files, onLogIn, onAsk, onDemo }: UnusableContextProps): ReactNode {
  return <div className="cluster-empty">{why()}</div>

  function why(): ReactNode {
    if (!context) {
      return (
        <>
          <EmptyState title="No cluster is known">
            No kubeconfig was found. Looked at {files.map(({ path }) => path).join(', ') || 'none'}. Add a file at the
            left, or set KUBECONFIG and start Hopscope again.
          </EmptyState>
          <Demo onDemo={onDemo} />
        </>
      )
    }
    const { name, problem, state } = context
    if (state === 'needs-login') {
      return (
        <EmptyState
          title={`${name} wants you to log in`}
          actions={[
            { title: 'Log in in a terminal', run: () => onLogIn(name) },
            { title: 'Ask again', run: () => onAsk(name) },
          ]}
        >
          {problem}
        </EmptyState>
      )
    }
    return (
      <EmptyState title={`${name} was not asked yet`} actions={[{ title: 'Ask it now', run: () => onAsk(name) }]}>
        Its user logs in with a plugin, which may open a browser.
      </EmptyState>
    )
  }
}
