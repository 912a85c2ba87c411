/** What takes no longer needs no words. */
const SLOW_MS = 2000

/** Says what is waited for once that takes long, until it is over. */
export async function whileSlow<T>(
  tell: (waitingFor: string | undefined) => void,
  waitingFor: string,
  work: () => Promise<T>,
): Promise<T> {
  let told = false
  const timer = setTimeout(() => {
    told = true
    tell(waitingFor)
  }, SLOW_MS)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    if (told) tell(undefined)
  }
}
