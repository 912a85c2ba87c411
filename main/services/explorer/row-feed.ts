import type { ExplorerProblem, RowChanges } from '../../../common/model/explorer.ts'
import type { Informer } from '../../kubernetes/informer.ts'
import type { KubernetesObject } from '../../kubernetes/objects.ts'

/** So many rows cross in one message: some 100 KB. */
const MOST_ROWS = 300
/** In a rollout every pod changes many times a second: what changed meanwhile goes in one message. */
const GATHER_MS = 100

/** A row to be, and all that it is made of: as long as these are the same objects, so is the row. */
export interface RowSource<Row> {
  readonly parts: readonly unknown[]
  readonly make: () => Row
}

export interface FeedInput {
  readonly informer: Informer<KubernetesObject>
  /** For the person: "pods in namespace shop". */
  readonly what: string
}

/**
 * What changed in a list of rows, told at the reader's pace: a slow reader gets fewer, larger steps, and never a row twice in one. The
 * informers are observed from the first pull until it is cancelled.
 * @param rows all rows by key, from the informers' objects as they are now
 */
export function rowFeed<Row>(
  inputs: readonly FeedInput[],
  rows: () => ReadonlyMap<string, RowSource<Row>>,
): ReadableStream<RowChanges<Row>> {
  const told = new Map<string, readonly unknown[]>()
  let saidSynced = false
  let saidProblems = ''
  let dirty = true
  let wake: (() => void) | undefined
  let lastAt = 0
  let cancelled = false
  let leave: readonly (() => void)[] | undefined

  const observe = () =>
    inputs.map(({ informer }) =>
      informer.observe(() => {
        dirty = true
        wake?.()
      }),
    )

  function problems(): ExplorerProblem[] {
    return inputs.flatMap(({ informer, what }) => {
      const { problem, forbidden } = informer.state
      return problem ? [{ what, message: problem, forbidden: forbidden === true }] : []
    })
  }

  /** What is new, or undefined when nothing is. */
  function next(): RowChanges<Row> | undefined {
    dirty = false
    const now = rows()
    const set: Row[] = []
    for (const [key, { parts, make }] of now) {
      const before = told.get(key)
      if (before && same(before, parts)) continue
      if (set.length === MOST_ROWS) {
        dirty = true
        break
      }
      told.set(key, parts)
      set.push(make())
    }
    const gone = [...told.keys()].filter((key) => !now.has(key))
    for (const key of gone) told.delete(key)
    const answered = inputs.every(({ informer: { state } }) => state.synced || state.forbidden)
    const synced = answered && !dirty
    const wrong = problems()
    const words = JSON.stringify(wrong)
    if (set.length === 0 && gone.length === 0 && synced === saidSynced && words === saidProblems) return undefined
    saidSynced = synced
    saidProblems = words
    return { set, gone, synced, problems: wrong }
  }

  return new ReadableStream<RowChanges<Row>>(
    {
      async pull(controller) {
        leave ??= observe()
        while (!cancelled) {
          if (!dirty) {
            await new Promise<void>((resolve) => (wake = resolve))
            wake = undefined
            continue
          }
          const rest = lastAt + GATHER_MS - Date.now()
          // The rest of a long list needs no gathering.
          if (rest > 0 && saidSynced) await new Promise((resolve) => setTimeout(resolve, rest))
          if (cancelled) return
          lastAt = Date.now()
          const changes = next()
          if (changes) return controller.enqueue(changes)
        }
      },
      cancel() {
        cancelled = true
        for (const one of leave ?? []) one()
        wake?.()
      },
    },
    { highWaterMark: 0 },
  )
}

const same = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((part, index) => part === b[index])
