/** The tokens a canvas draws with, as colours of the theme that is on. */
export interface Colors {
  readonly panel: string
  readonly line: string
  readonly lineStrong: string
  readonly grid: string
  readonly ink2: string
  readonly ink3: string
  readonly faint: string
  readonly traffic: string
  readonly trafficWash: string
  readonly loss: string
  readonly reorder: string
  readonly reset: string
  readonly zeroWindow: string
  readonly latency: string
  readonly latencyWash: string
  readonly good: string
  readonly accent: string
}

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
  probe.style.forcedColorAdjust = 'none'
  document.documentElement.append(probe)
  const style = getComputedStyle(probe)
  const color = (token: string): string => {
    probe.style.color = `var(${token})`
    return style.color
  }
  const found: Colors = {
    panel: color('--panel'),
    line: color('--line'),
    lineStrong: color('--line-strong'),
    grid: color('--grid'),
    ink2: color('--ink-2'),
    ink3: color('--ink-3'),
    faint: color('--ink-faint'),
    traffic: color('--traffic'),
    trafficWash: color('--traffic-wash'),
    loss: color('--loss'),
    reorder: color('--reorder'),
    reset: color('--reset'),
    zeroWindow: color('--zero-window'),
    latency: color('--latency'),
    latencyWash: color('--latency-wash'),
    good: color('--good'),
    accent: color('--accent'),
  }
  probe.remove()
  return found
}
