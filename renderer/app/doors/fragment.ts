/** What the host put into the URL's fragment when it opened this page, and what is left of the fragment without it. */
export interface Arrival {
  readonly token: string | undefined
  /** Good for one exchange against the token. */
  readonly ticket: string | undefined
  /** Ids of captures to show. */
  readonly captures: readonly string[]
  /** The fragment to leave in the address bar: '' or '#...'. */
  readonly rest: string
}

/** Reads `#token=...&open=id,id`, or `#ticket=...`; other keys belong to the view and stay. */
export function readArrival(fragment: string): Arrival {
  const params = new URLSearchParams(fragment.replace(/^#/, ''))
  if (!['token', 'ticket', 'open'].some((key) => params.has(key))) {
    return { token: undefined, ticket: undefined, captures: [], rest: fragment }
  }
  const token = params.get('token') ?? undefined
  const ticket = params.get('ticket') ?? undefined
  const captures = (params.get('open') ?? '').split(',').filter((id) => id !== '')
  for (const key of ['token', 'ticket', 'open']) params.delete(key)
  const rest = params.toString()
  return { token, ticket, captures, rest: rest === '' ? '' : `#${rest}` }
}
