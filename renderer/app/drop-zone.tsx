import { useEffect, useState, type ReactNode } from 'react'
import './drop-zone.css'

/** Files may be dropped anywhere in the window; while one is carried over it, says so. */
export function DropZone({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }): ReactNode {
  const [over, setOver] = useState(false)

  useEffect(() => {
    const control = new AbortController()
    const { signal } = control
    // Enter and leave come for every element below the pointer; only leaving the window has no related target.
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    window.addEventListener('dragenter', (event) => carries(event) && setOver(true), { signal })
    window.addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal })
    window.addEventListener('dragover', (event) => carries(event) && event.preventDefault(), { signal })
    window.addEventListener(
      'drop',
      (event) => {
        if (!carries(event)) return
        event.preventDefault()
        setOver(false)
        const files = [...(event.dataTransfer?.files ?? [])]
        if (files.length > 0) onFiles(files)
      },
      { signal },
    )
    return () => {
      control.abort()
    }
  }, [onFiles])

  return over ? <div className="drop">Drop to open; several are joined</div> : null
}
