import { useEffect, useState } from 'react'
import { preferences } from './preferences.ts'

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
  // The key for that works in every view, and clocks may be off screen.
  useEffect(
    () =>
      preferences.subscribe(({ zone }, before) => {
        if (zone !== before.zone) setText(`Clocks show ${zone === 'utc' ? 'UTC' : 'local time'}`)
      }),
    [],
  )
  return [text, setText]
}
