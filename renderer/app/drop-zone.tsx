import { useEffect, useState, type ReactNode } from 'react'
import './drop-zone.css'

/** Files may be dropped anywhere in the window; while one is carried over it, says so. */
export function DropZone({ onFile }: { readonly onFile: (file: File) => void }): ReactNode {
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
        const file = event.dataTransfer?.files[0]
        if (file) onFile(file)
      },
      { signal },
    )
    return () => {
      control.abort()
    }
  }, [onFile])

  return over ? <div className="drop">Drop to open</div> : null
}
