/** What is made when it is first asked for: what `Intl` has takes 5 to 20 ms, which the loading of a page must not wait for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
