import type { Query } from '../../engine/engine.ts'

/** What is looked at, as much of it as a question is about. */
export interface Scope {
  readonly filter?: string
  readonly range?: { readonly from: number; readonly to: number } | undefined
  readonly conversation?: number | undefined
}

/** What is asked of the engine about it; what is not narrowed is left out. */
export function queryOf({ filter, range, conversation }: Scope): Query {
  return { ...(filter && { filter }), ...range, ...(conversation !== undefined && { conversation }) }
}
