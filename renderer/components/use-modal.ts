import { useLayoutEffect, useRef, type RefObject } from 'react'

/** For a <dialog> that is modal as long as it is there. Closed before it leaves the page, so that the focus goes back to where it was. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  return dialog
}
