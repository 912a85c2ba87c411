const TOKENS = {
  panel: '--panel',
  line: '--line',
  lineStrong: '--line-strong',
  grid: '--grid',
  ink: '--ink',
  ink2: '--ink-2',
  ink3: '--ink-3',
  faint: '--ink-faint',
  accent: '--accent',
  selected: '--selected',
  shade: '--shade',
  traffic: '--traffic',
  trafficWash: '--traffic-wash',
  loss: '--loss',
  reorder: '--reorder',
  reset: '--reset',
  zeroWindow: '--zero-window',
  latency: '--latency',
  latencyWash: '--latency-wash',
} as const

/** The tokens a canvas draws with, as colours of the theme that is on. */
export type Colors = Readonly<Record<keyof typeof TOKENS, string>>

let current: Colors | undefined
const listeners = new Set<() => void>()

function changed(): void {
  current = undefined
  for (const listener of listeners) listener()
}

/** For useSyncExternalStore: a canvas can't use CSS variables, so it must be told when the theme changes. */
export function subscribeColors(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener('hopscope:theme', changed)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function colors(): Colors {
  current ??= read()
  return current
}

// The value of a custom property is unresolved text (light-dark(...)); a real property resolves it.
function read(): Colors {
  const probe = document.createElement('span')
  document.documentElement.append(probe)
  const style = getComputedStyle(probe)
  const entries = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`
    return [name, style.color]
  })
  probe.remove()
  // One entry for each key of TOKENS.
  return Object.fromEntries(entries) as Colors
}
