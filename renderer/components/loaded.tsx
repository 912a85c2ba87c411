import { useEffect, useState, type ComponentType, type ReactNode } from 'react'

/** A view whose code is loaded by itself. */
export interface Loaded<Props> {
  (props: Props): ReactNode
  /** Loads the code, so that it is there when the view is wanted. Rejects where it can't be had. */
  load(): Promise<void>
}

/**
 * Nothing is drawn until the code is there; where it can't be had, the nearest boundary of errors says so.
 * Unlike React's `lazy` it never hides what is loaded: that waits 0.3 s behind anything Suspense has shown before.
 */
export function loaded<Props extends object>(load: () => Promise<ComponentType<Props>>): Loaded<Props> {
  let View: ComponentType<Props> | undefined
  let loading: Promise<void> | undefined
  const once = () =>
    (loading ??= load().then(
      (found) => void (View = found),
      (error: unknown) => {
        // Asked for again, it is tried again.
        loading = undefined
        throw error
      },
    ))

  function LoadedView(props: Props): ReactNode {
    const [, setThere] = useState(View !== undefined)
    const [failure, setFailure] = useState<{ readonly error: unknown }>()
    useEffect(() => {
      once().then(
        () => setThere(true),
        (error: unknown) => setFailure({ error }),
      )
    }, [])
    if (failure) throw failure.error
    return View && <View {...props} />
  }
  return Object.assign(LoadedView, { load: once })
}
