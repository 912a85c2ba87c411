import { type ByteSet, hasByte } from './byte-set.ts'
import { Needle } from '../../../common/model/needle.ts'
import type { PatternNode } from './pattern-syntax.ts'

/** Shorter ones are found too often to spare anything. */
const LEAST = 3

/** One byte, or the two cases of a letter. */
type Letter = readonly [byte: number, other: number]

/** The longest run of letters that is in everything the expression matches; undefined where there is none worth looking for. */
export function runOf(pattern: PatternNode): Needle | undefined {
  const runs: Letter[][] = [[]]
  collect(pattern, runs)
  const [longest] = runs.toSorted((a, b) => b.length - a.length)
  if (longest.length < LEAST) return undefined
  return new Needle(
    Uint8Array.from(longest, ([byte]) => byte),
    Uint8Array.from(longest, ([, other]) => other),
  )
}

/** Adds what must be there to the last of the runs, and begins a new one where something unknown lies between. */
function collect(node: PatternNode, runs: Letter[][]): void {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return
    case 'set': {
      const letter = letterOf(node.set)
      if (letter) runs[runs.length - 1].push(letter)
      else runs.push([])
      return
    }
    case 'sequence':
      for (const one of node.of) collect(one, runs)
      return
    case 'repeat':
      // What comes at least once is there; how often is not known.
      if (node.min > 0) collect(node.of, runs)
      if (node.min !== 1 || node.max !== 1) runs.push([])
      return
    case 'choice':
      runs.push([])
  }
}

function letterOf(set: ByteSet): Letter | undefined {
  const found: number[] = []
  for (let byte = 0; byte < 256 && found.length < 3; byte++) if (hasByte(set, byte)) found.push(byte)
  return found.length === 1 || found.length === 2 ? [found[0], found[found.length - 1]] : undefined
}
