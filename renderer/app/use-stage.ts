import { useEffect, useState } from 'react'

/**
 * 0 when it is first drawn, then one more in each task until `last`: what takes long to be drawn at once is drawn piece by piece, and the
 * window answers in between. Waits while not `going`.
 */
export function useStage(last: number, going: boolean): number {
  const [stage, setStage] = useState(0)
  useEffect(() => {
    if (!going || stage === last) return
    // Not a frame: a window that is not on screen has none.
    const timer = setTimeout(() => setStage(stage + 1))
    return () => clearTimeout(timer)
  }, [stage, last, going])
  return stage
}
