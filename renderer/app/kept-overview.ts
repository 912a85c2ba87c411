import type { Overview } from '../../engine/engine.ts'

// The overview of the capture that was looked at last, for a reload of this tab: making it anew takes as long as reading the file.

const KEY = 'hopscope.overview'

interface Kept {
  /** Of the capture that it is of, and of its present contents. */
  readonly of: string
  readonly overview: Overview
}

/** `of` names the capture and its state; see keptOverview. */
export function keepOverview(of: string, overview: Overview): void {
  const { packets, bytes, descriptions, epoch } = overview
  const text = JSON.stringify({
    of,
    overview: {
      ...overview,
      epoch: epoch === undefined ? undefined : String(epoch),
      packets: Array.from(packets),
      bytes: Array.from(bytes),
      descriptions: Array.from(descriptions),
    },
  })
  try {
    sessionStorage.setItem(KEY, text)
  } catch {
    // Too large, or forbidden: it will be made anew.
  }
}

/** Undefined where none was kept, or that of another capture. */
export function keptOverview(of: string): Overview | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null', revived)
    return isKept(kept) && kept.of === of ? kept.overview : undefined
  } catch {
    return undefined
  }
}

function revived(key: string, value: unknown): unknown {
  if (key === 'epoch' && typeof value === 'string') return BigInt(value)
  if (key === 'latest' && value === null) return -Infinity
  if (!Array.isArray(value)) return value
  if (key === 'packets' || key === 'bytes') return Float64Array.from(value)
  return key === 'descriptions' ? Uint8Array.from(value) : value
}

/** Only this program writes it, under this name; what another version wrote differently is not used. */
function isKept(kept: unknown): kept is Kept {
  if (typeof kept !== 'object' || kept === null || !('overview' in kept)) return false
  const { overview } = kept
  return (
    typeof overview === 'object' &&
    overview !== null &&
    'packets' in overview &&
    overview.packets instanceof Float64Array &&
    'descriptions' in overview &&
    overview.descriptions instanceof Uint8Array &&
    'starts' in overview &&
    Array.isArray(overview.starts)
  )
}
