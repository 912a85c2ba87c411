import { useEffect, useState } from 'react'

const ANNOUNCED_MS = 4000

/** A short word in the status bar that goes by itself. */
export function useAnnouncement(): readonly [string, (text: string) => void] {
  const [text, setText] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setText(''), ANNOUNCED_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [text])
  return [text, setText]
}
