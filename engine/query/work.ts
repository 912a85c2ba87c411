/** How the caller takes part in long work; all of it is optional. */
export interface Work {
  /** Once true, the work ends by throwing Cancelled. */
  readonly signal?: { readonly aborted: boolean }
  /** Called between slices of a few milliseconds: the place to let other work happen. */
  readonly pause?: () => Promise<void>
  /** Packets looked at, of how many. */
  readonly progress?: (done: number, total: number) => void
}

export class Cancelled extends Error {
  override readonly name = 'Cancelled'
  constructor() {
    super('Cancelled before it was done.')
  }
}

/** Between two slices of work. Throws Cancelled. */
export async function between({ signal, pause }: Work): Promise<void> {
  if (signal?.aborted) throw new Cancelled()
  if (!pause) return
  await pause()
  if (signal?.aborted) throw new Cancelled()
}
