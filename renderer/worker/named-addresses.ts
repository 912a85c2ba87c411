import type { Engine } from '../../engine/engine.ts'
import type { NamedAddress } from './engine-service.ts'

/** Addresses with the names that the capture gives them; undefined if it has no more than `known`. */
export function namedAddresses({ names, dnsNames }: Engine, known: number): readonly NamedAddress[] | undefined {
  if (names.size + dnsNames.size <= known) return undefined
  // Several names of an address are told by the first: what the writer of the capture put there comes before what was looked up.
  return [
    ...Array.from(dnsNames, ([address, [name]]) => ({ address, name, source: 'dns' as const })),
    ...Array.from(names, ([address, [name]]) => ({ address, name, source: 'capture' as const })),
  ].filter(({ name }) => name !== undefined)
}
