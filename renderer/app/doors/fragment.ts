/** What the host put into the URL's fragment when it opened this page, and what is left of the fragment without it. */
export interface Arrival {
  readonly token: string | undefined
  /** Ids of captures to show. */
  readonly captures: readonly string[]
  /** The fragment to leave in the address bar: '' or '#...'. */
  readonly rest: string
}

/** Reads `#token=...&open=id,id`; other keys belong to the view and stay. */
export function readArrival(fragment: string): Arrival {
  const params = new URLSearchParams(fragment.replace(/^#/, ''))
  if (!params.has('token') && !params.has('open')) return { token: undefined, captures: [], rest: fragment }
  const token = params.get('token') ?? undefined
  const captures = (params.get('open') ?? '').split(',').filter((id) => id !== '')
  params.delete('token')
  params.delete('open')
  const rest = params.toString()
  return { token, captures, rest: rest === '' ? '' : `#${rest}` }
}
