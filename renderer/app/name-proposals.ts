import type { Completion } from '../../engine/engine.ts'
import type { AddressName } from '../components/address.tsx'
import { addressFilter } from '../components/filter-text.ts'

/** Shorter words are in too many names. */
const SHORTEST = 3
const MOST = 8

/** Addresses whose name has the word before the caret in it, as conditions of a display filter, or, behind an operator or in a set, as values. */
export function nameProposals(
  text: string,
  caret: number,
  names: ReadonlyMap<string, AddressName>,
): readonly Completion[] {
  const before = text.slice(0, caret)
  const word = /[\w.-]+$/.exec(before)?.[0] ?? ''
  const isQuoted = before.replaceAll(/"(?:\\.|[^"\\])*"/g, '').includes('"')
  if (word.length < SHORTEST || isQuoted) return []
  const from = caret - word.length
  const to = caret + (/^[\w.-]*/.exec(text.slice(caret))?.[0].length ?? 0)
  const isValue = /(?:[=<>~{,]|\b(?:eq|ne|in|contains|matches))\s*$/.test(text.slice(0, from))
  return [...names]
    .filter(([, { name }]) => name.toLowerCase().includes(word.toLowerCase()))
    .slice(0, MOST)
    .map(([address, { name }]) => ({ text: isValue ? address : addressFilter(address), from, to, about: name }))
}
