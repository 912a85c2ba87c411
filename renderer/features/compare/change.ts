/** How a number changed. */
export interface Change {
  readonly text: string
  /** To sort by: greater is more; undefined where there is nothing to compare. */
  readonly by: number | undefined
  /** Smaller is better here, as of waits and of labels; undefined where it is hardly another. */
  readonly better?: boolean
}

const UNKNOWN: Change = { text: '', by: undefined }
/** A share below which a change is not pointed out. Ours. */
const NOTABLE = 0.1

interface Bound {
  readonly ns: number
  /** At least that: the request was not answered meanwhile. */
  readonly beyond: boolean
}

/** Of a time, as a share of what it was: "+12 %", "× 34"; "≥" where it is at least so much. */
export function changeOfTime(before: Bound | undefined, after: Bound | undefined): Change {
  if (!before || !after || before.beyond || !(before.ns > 0) || !(after.ns > 0)) return UNKNOWN
  const ratio = after.ns / before.ns
  const share = ratio - 1
  const text = ratio >= 10 ? `× ${ratio.toFixed(0)}` : signed(share * 100, 0, ' %')
  return {
    text: after.beyond ? `≥ ${text}` : text,
    by: ratio,
    ...(Math.abs(share) >= NOTABLE && (share < 0 ? !after.beyond && { better: true } : { better: false })),
  }
}

/** Of how many in a thousand packets, in those. */
export function changeOfRate(before: number, after: number): Change {
  const by = after - before
  const text = signed(by, 1, '')
  if (!/[1-9]/.test(text)) return { text, by }
  return { text, by, ...(Math.abs(by) >= NOTABLE * before && { better: by < 0 }) }
}

function signed(value: number, decimals: number, unit: string): string {
  const digits = Math.abs(value).toFixed(decimals)
  const sign = Number(digits) === 0 ? '' : value < 0 ? '−' : '+'
  return `${sign}${digits}${unit}`
}
