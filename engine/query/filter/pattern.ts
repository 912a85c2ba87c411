import { grown } from '../../columns/grown.ts'
import { hasByte, WORD, type ByteSet } from './byte-set.ts'
import type { Needle } from '../../../common/model/needle.ts'
import { runOf } from './pattern-run.ts'
import { type Assertion, parsePattern, PatternError, type PatternNode } from './pattern-syntax.ts'

const MAX_INSTRUCTIONS = 20_000
/** States of the automaton kept at a time; each has a table of a kilobyte. */
const MAX_STATES = 2_000

// Symbols beyond the bytes: the end, and a newline with which the text ends.
const END = 256
const LAST_NEWLINE = 257
const SYMBOLS = 258
const NEWLINE = 10
const ACCEPT = -2
const UNKNOWN = -1

type Instruction =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | Split
  | { readonly kind: 'match' }

/** Goes on at both places. */
interface Split {
  readonly kind: 'split'
  first: number
  second: number
}

/** What precedes a position, as far as an assertion asks for it. */
const BEFORE = { start: 0, newline: 1, word: 2, other: 3 } as const

/**
 * A regular expression over bytes whose matching takes time proportional to the number of bytes, whatever the expression: JavaScript's
 * own can take years for a filter like "(a+)+b". It is run as an automaton that is made deterministic step by step, as states
 * are met (Thompson 1968; the sets of states that many tools cache the same way).
 */
export class Pattern {
  readonly #program: readonly Instruction[]
  /** In every text that it matches. */
  readonly run: Needle | undefined
  #states = new Map<string, number>()
  /** SYMBOLS entries a state: the next state, ACCEPT or UNKNOWN. */
  #next = new Int32Array(0)
  /** Per state: the instructions waiting for a byte, before assertions were looked at, and what precedes. */
  #kernels: { readonly places: readonly number[]; readonly before: number }[] = []

  /** Throws PatternError. */
  constructor(text: string) {
    const pattern = parsePattern(text)
    this.run = runOf(pattern)
    this.#program = compile(pattern)
    this.#forget()
  }

  /** Whether it matches anywhere in `bytes[from, to)`. */
  test(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    let state = 0
    let next = this.#next
    const last = to > from && bytes[to - 1] === NEWLINE ? to - 1 : to
    for (let i = from; i < last; i++) {
      let target = next[state * SYMBOLS + bytes[i]]
      if (target < 0) {
        if (target === UNKNOWN) target = this.#step(state, bytes[i])
        if (target === ACCEPT) return true
        next = this.#next
      }
      state = target
    }
    if (last < to) {
      state = this.#follow(state, LAST_NEWLINE)
      if (state === ACCEPT) return true
    }
    return this.#follow(state, END) === ACCEPT
  }

  #follow(state: number, symbol: number): number {
    const to = this.#next[state * SYMBOLS + symbol]
    return to === UNKNOWN ? this.#step(state, symbol) : to
  }

  #forget(): void {
    this.#states = new Map()
    this.#next = new Int32Array(16 * SYMBOLS)
    this.#kernels = []
    this.#state([0], BEFORE.start)
  }

  #state(places: readonly number[], before: number): number {
    const key = `${before}:${places.join()}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state = this.#kernels.length
    this.#states.set(key, state)
    this.#kernels.push({ places, before })
    if ((state + 1) * SYMBOLS > this.#next.length) this.#next = grown(this.#next)
    this.#next.fill(UNKNOWN, state * SYMBOLS, (state + 1) * SYMBOLS)
    return state
  }

  /** Where `symbol` leads from `state`; remembered. */
  #step(state: number, symbol: number): number {
    const { places, before } = this.#kernels[state]
    const byte = symbol === LAST_NEWLINE ? NEWLINE : symbol
    const seen = new Uint8Array(this.#program.length)
    const moved = new Set<number>()
    const stack = places.toReversed()
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (seen[place]) continue
      seen[place] = 1
      const instruction = this.#program[place]
      if (instruction.kind === 'match') return (this.#next[state * SYMBOLS + symbol] = ACCEPT)
      if (instruction.kind === 'split') stack.push(instruction.second, instruction.first)
      else if (instruction.kind === 'assert') {
        if (holds(instruction.what, before, symbol)) stack.push(place + 1)
      } else if (symbol !== END && hasByte(instruction.set, byte)) moved.add(place + 1)
    }
    if (symbol === END) return (this.#next[state * SYMBOLS + symbol] = 0)
    // A match may begin at any byte.
    moved.add(0)
    const after = byte === NEWLINE ? BEFORE.newline : hasByte(WORD, byte) ? BEFORE.word : BEFORE.other
    const sorted = Array.from(moved).sort((a, b) => a - b)
    if (this.#kernels.length >= MAX_STATES) {
      this.#forget()
      return this.#state(sorted, after)
    }
    const to = this.#state(sorted, after)
    return (this.#next[state * SYMBOLS + symbol] = to)
  }
}

function holds(what: Assertion, before: number, symbol: number): boolean {
  switch (what) {
    case 'start':
      return before === BEFORE.start
    case 'end':
      return symbol === END
    case 'text-end':
      return symbol === END || symbol === LAST_NEWLINE
    case 'line-start':
      return before === BEFORE.start || before === BEFORE.newline
    case 'line-end':
      return symbol === END || symbol === NEWLINE || symbol === LAST_NEWLINE
    case 'word-boundary':
    case 'not-word-boundary': {
      const wordAfter = symbol < END && hasByte(WORD, symbol)
      return ((before === BEFORE.word) !== wordAfter) === (what === 'word-boundary')
    }
  }
}

function compile(node: PatternNode): Instruction[] {
  const program: Instruction[] = []
  emit(program, node)
  program.push({ kind: 'match' })
  return program
}

function emit(program: Instruction[], node: PatternNode): void {
  if (program.length > MAX_INSTRUCTIONS) throw new PatternError('the expression with its repetitions is too large', 0)
  switch (node.kind) {
    case 'empty':
      return
    case 'set':
      program.push({ kind: 'set', set: node.set })
      return
    case 'assert':
      program.push({ kind: 'assert', what: node.what })
      return
    case 'sequence':
      for (const part of node.of) emit(program, part)
      return
    case 'choice':
      emitChoice(program, node.of)
      return
    case 'repeat':
      emitRepeat(program, node.of, node.min, node.max)
  }
}

function emitChoice(program: Instruction[], of: readonly PatternNode[]): void {
  const exits: Split[] = []
  for (const [i, alternative] of of.entries()) {
    const last = i === of.length - 1
    const split = last ? undefined : pushSplit(program)
    emit(program, alternative)
    if (split) {
      exits.push(pushSplit(program))
      split.second = program.length
    }
  }
  // A jump is a split with both ends at the same place.
  for (const exit of exits) exit.first = exit.second = program.length
}

function emitRepeat(program: Instruction[], of: PatternNode, min: number, max: number): void {
  for (let i = 0; i < min; i++) emit(program, of)
  if (max === Infinity) {
    const loop = pushSplit(program)
    const start = program.length - 1
    emit(program, of)
    const back = pushSplit(program)
    back.first = back.second = start
    loop.second = program.length
    return
  }
  const exits: Split[] = []
  for (let i = min; i < max; i++) {
    exits.push(pushSplit(program))
    emit(program, of)
  }
  for (const exit of exits) exit.second = program.length
}

/** A split whose first way is the next instruction; the second is to be set. */
function pushSplit(program: Instruction[]): Split {
  const split: Split = { kind: 'split', first: program.length + 1, second: program.length + 1 }
  program.push(split)
  return split
}
