import { Component, type ErrorInfo, type ReactNode } from 'react'
import { EmptyState } from '../components/empty-state.tsx'

interface ErrorBoundaryProps {
  readonly children: ReactNode
}

/** A fault in what is drawn must not take the window with it: says so, and offers to draw again or to start afresh. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: unknown): { readonly error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    // For whoever reports it: the stack is not for the person's eyes.
    // oxlint-disable-next-line eslint/no-console
    console.error(error, info.componentStack)
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <div style={{ padding: 32 }}>
        <EmptyState
          tone="bad"
          title="Hopscope could not draw this view"
          actions={[
            { title: 'Try again', run: () => this.setState({ error: undefined }) },
            { title: 'Start afresh', run: () => location.assign(location.pathname) },
          ]}
        >
          {error.message} The capture itself is untouched. If it happens again, please report it with this message.
        </EmptyState>
      </div>
    )
  }
}
