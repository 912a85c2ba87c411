import type { Query } from '../../engine/engine.ts'
import { formatCount } from '../components/format.ts'
import type { CaptureSession } from './capture-session.ts'
import type { ViewStore } from './view-store.ts'
import { withCondition } from '../components/filter-text.ts'
import { queryOf } from '../components/query-of.ts'

/** What came of a step; where there is nothing more in its direction, or nothing at all, the selection stays. */
export type Step = 'moved' | 'none there' | 'none at all'

/**
 * Selects the next packet (1) or the one before (-1) that meets `condition`, a display filter, among those that the view is about.
 * Rejects where the filter can't be applied, and with Cancelled.
 */
export async function stepTo(
  { engine }: CaptureSession,
  view: ViewStore,
  condition: string,
  step: 1 | -1,
): Promise<Step> {
  const now = view.store.getState()
  const { id, count } = await engine.select({ ...queryOf(now), filter: withCondition(now.filter, condition) })
  if (count === 0) return 'none at all'
  const { index, found } =
    now.row === undefined ? { index: step === 1 ? 0 : count, found: false } : await engine.position(id, now.row)
  const target = step === 1 ? (found ? index + 1 : index) : index - 1
  const [packet] = target < 0 ? [] : await engine.rows(id, target, 1)
  if (!packet) return 'none there'
  view.change({ row: packet.row })
  return 'moved'
}

/** Of an engine: where a packet is in a list. */
interface Located {
  select(query: Query): PromiseLike<{ readonly id: number }>
  position(id: number, row: number): PromiseLike<{ readonly found: boolean }>
}

/** Selects the packet at `row`; what there is to say of that, where there is: that the list does not show it, or why it can't be told. */
export async function goToRow(
  { engine }: { readonly engine: Located },
  view: Pick<ViewStore, 'store' | 'change'>,
  row: number,
): Promise<string | undefined> {
  view.change({ row, detail: undefined }, 'push')
  try {
    const { id } = await engine.select(queryOf(view.store.getState()))
    const { found } = await engine.position(id, row)
    return found
      ? undefined
      : 'This packet is not among those listed: what is shown is narrowed by the conditions above'
  } catch (error) {
    return failureText(error)
  }
}

/** Undefined where something else was asked for meanwhile. */
export function failureText(error: unknown): string | undefined {
  if (error instanceof Error && error.name === 'Cancelled') return undefined
  return `Could not search: ${error instanceof Error ? error.message : String(error)}`
}

/** The row of a frame, by its number as a person types it, with or without separators; or what is wrong with that. `before`: see FramesBefore. */
export function rowOfFrame(
  text: string,
  before: number,
  packets: number,
): { readonly row: number } | { readonly problem: string } {
  const digits = text.trim().replaceAll(/[,.'_\s]/g, '')
  const row = /^\d{1,15}$/.test(digits) ? Number(digits) - 1 - before : -1
  if (row >= 0 && row < packets) return { row }
  if (packets === 0) return { problem: 'There is no packet yet.' }
  return {
    problem: `The packets here have the numbers ${formatCount(before + 1)} to ${formatCount(before + packets)}.`,
  }
}
