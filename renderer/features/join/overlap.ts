import type { LibraryCapture } from '../../../common/model/live-capture.ts'

/** Milliseconds since 1970, both in it. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The captures that were made while that one was, those that share most of its time first, and all others as they come. */
export function byOverlap(
  captures: readonly LibraryCapture[],
  span: Span | undefined,
): { readonly during: readonly LibraryCapture[]; readonly others: readonly LibraryCapture[] } {
  const shared = ({ startedAt, endedAt, state }: LibraryCapture): number => {
    // Of a file that somebody put there no more is known than when it was written.
    const end = endedAt ?? (state === 'live' ? Infinity : startedAt)
    return span ? Math.min(end, span.to) - Math.max(startedAt, span.from) : -1
  }
  const during = captures.filter((one) => shared(one) >= 0).toSorted((a, b) => shared(b) - shared(a))
  return { during, others: captures.filter((one) => shared(one) < 0) }
}
