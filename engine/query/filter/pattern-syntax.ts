import { encodeUtf8 } from '../../capture-file/utf8.ts'
import {
  addByte,
  ALL_BYTES,
  type ByteSet,
  CLASS_ESCAPES,
  complement,
  emptySet,
  POSIX_CLASSES,
  setOf,
  unite,
} from './byte-set.ts'

/** Why a regular expression is refused, and at which character of it. */
export class PatternError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly of: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'assert'; readonly what: Assertion }

/** `text-end`: at the end, or before a newline that ends the text. */
export type Assertion = 'start' | 'end' | 'text-end' | 'line-start' | 'line-end' | 'word-boundary' | 'not-word-boundary'

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

const MAX_REPEAT = 1000
const MAX_DEPTH = 100

/**
 * Reads a regular expression as `matches` takes it: Perl's syntax over bytes, without what can't be matched in linear time
 * (references to groups, looking around, possessive and atomic groups). Case is ignored unless it begins with (?-i).
 * Characters beyond ASCII stand for their UTF-8 bytes. Throws PatternError.
 */
export function parsePattern(text: string): PatternNode {
  return new PatternParser(text).whole()
}

class PatternParser {
  readonly #text: string
  #at = 0
  #depth = 0
  #flags: Flags = { ignoreCase: true, multiline: false, dotAll: false }

  constructor(text: string) {
    this.#text = text
  }

  whole(): PatternNode {
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new PatternError('")" closes nothing', this.#at)
    return node
  }

  #choice(): PatternNode {
    const flags = this.#flags
    const of = [this.#sequence()]
    while (this.#take('|')) of.push(this.#sequence())
    this.#flags = flags
    return of.length === 1 ? of[0] : { kind: 'choice', of }
  }

  #sequence(): PatternNode {
    const of: PatternNode[] = []
    while (this.#at < this.#text.length && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') {
      of.push(this.#repeated(this.#atom()))
    }
    return of.length === 1 ? of[0] : { kind: 'sequence', of }
  }

  #repeated(node: PatternNode): PatternNode {
    const range = this.#quantifier()
    if (range === undefined) return node
    if (this.#text[this.#at] === '+') throw new PatternError('possessive quantifiers are not supported', this.#at)
    // Greedy or lazy makes no difference to whether it matches.
    this.#take('?')
    const at = this.#at
    if (this.#quantifier() !== undefined) throw new PatternError('one quantifier follows another', at)
    return { kind: 'repeat', of: node, min: range[0], max: range[1] }
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const counted = /^\{(\d{0,6})(,?)(\d{0,6})\}/.exec(this.#text.slice(this.#at, this.#at + 20))
    // As in Perl, braces that are no quantifier stand for themselves.
    if (!counted || (counted[1] === '' && counted[3] === '')) return undefined
    const min = Number(counted[1])
    const max = counted[2] === '' ? min : counted[3] === '' ? Infinity : Number(counted[3])
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new PatternError(`at most ${MAX_REPEAT} repetitions can be counted`, this.#at)
    }
    if (max < min) throw new PatternError('the numbers are in the wrong order', this.#at)
    this.#at += counted[0].length
    return [min, max]
  }

  #atom(): PatternNode {
    const at = this.#at
    const character = this.#next()
    switch (character) {
      case '.':
        return { kind: 'set', set: this.#flags.dotAll ? ALL_BYTES : complement(setOf('\n')) }
      case '^':
        return { kind: 'assert', what: this.#flags.multiline ? 'line-start' : 'start' }
      case '$':
        return { kind: 'assert', what: this.#flags.multiline ? 'line-end' : 'text-end' }
      case '(':
        return this.#group(at)
      case '[':
        return { kind: 'set', set: this.#class(at) }
      case '\\':
        return this.#escape(at)
      case '*':
      case '+':
      case '?':
        throw new PatternError(`there is nothing before "${character}" to repeat`, at)
      default:
        return this.#literal(character)
    }
  }

  #group(at: number): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw new PatternError('groups are nested too deeply', at)
    const flags = this.#flags
    if (this.#take('?')) {
      const named = /^P?<[A-Za-z_]\w*>/.exec(this.#text.slice(this.#at))
      const switches = /^([imsx]*)(?:-([imsx]*))?([:)])/.exec(this.#text.slice(this.#at))
      if (named) this.#at += named[0].length
      else if (switches) {
        this.#at += switches[0].length
        this.#switch(switches[1], true, at)
        this.#switch(switches[2] ?? '', false, at)
        if (switches[3] === ')') {
          // (?i) holds to the end of the group it is in.
          this.#depth--
          return { kind: 'empty' }
        }
      } else if (/^<?[=!]/.test(this.#text.slice(this.#at))) {
        throw new PatternError('looking ahead or behind is not supported', at)
      } else throw new PatternError('this kind of group is not supported', at)
    }
    const node = this.#choice()
    if (!this.#take(')')) throw new PatternError('")" is missing for this "("', at)
    this.#flags = flags
    this.#depth--
    return node
  }

  #switch(letters: string, on: boolean, at: number): void {
    for (const letter of letters) {
      if (letter === 'x') throw new PatternError('the x flag is not supported', at)
      const name = letter === 'i' ? 'ignoreCase' : letter === 'm' ? 'multiline' : 'dotAll'
      this.#flags = { ...this.#flags, [name]: on }
    }
  }

  #escape(at: number): PatternNode {
    const character = this.#next()
    switch (character) {
      case '':
        throw new PatternError('nothing follows the last backslash', at)
      case 'b':
        return { kind: 'assert', what: 'word-boundary' }
      case 'B':
        return { kind: 'assert', what: 'not-word-boundary' }
      case 'A':
        return { kind: 'assert', what: 'start' }
      case 'z':
        return { kind: 'assert', what: 'end' }
      case 'Z':
        return { kind: 'assert', what: 'text-end' }
      default:
        if (/[1-9k]/.test(character)) throw new PatternError('references to groups are not supported', at)
        return this.#characterEscape(character, at)
    }
  }

  #characterEscape(character: string, at: number): PatternNode {
    const set = classEscape(character)
    if (set) return { kind: 'set', set }
    const byte = this.#byteEscape(character, at)
    return byte === undefined ? this.#literal(character) : { kind: 'set', set: this.#bytes(byte) }
  }

  /** The byte that \n, \x41, \0 ... stand for; undefined for a character that stands for itself. */
  #byteEscape(character: string, at: number): number | undefined {
    const control = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, '0': 0 }[character]
    if (control !== undefined) return control
    if (character === 'x') {
      const hex = /^(?:([0-9a-f]{1,2})|\{([0-9a-f]{1,2})\})/i.exec(this.#text.slice(this.#at, this.#at + 4))
      if (!hex) throw new PatternError('two hexadecimal digits must follow \\x', at)
      this.#at += hex[0].length
      return parseInt(hex[1] ?? hex[2], 16)
    }
    if (/[A-Za-z]/.test(character)) throw new PatternError(`\\${character} is not supported`, at)
    return undefined
  }

  #class(at: number): ByteSet {
    const negated = this.#take('^')
    const set = emptySet()
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) throw new PatternError('"]" is missing for this "["', at)
      if (!first && this.#take(']')) break
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 16))
      if (posix) {
        const members = POSIX_CLASSES[posix[2]]
        if (!members) throw new PatternError(`[:${posix[2]}:] is not a class of characters`, this.#at)
        unite(set, posix[1] ? complement(members) : members)
        this.#at += posix[0].length
        continue
      }
      const from = this.#classMember()
      if (typeof from !== 'number') {
        unite(set, from)
        continue
      }
      let to = from
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
        const dash = this.#at++
        const end = this.#classMember()
        if (typeof end !== 'number' || end < from) throw new PatternError('this range is in the wrong order', dash)
        to = end
      }
      for (let byte = from; byte <= to; byte++) unite(set, this.#bytes(byte))
    }
    return negated ? complement(set) : set
  }

  #classMember(): number | ByteSet {
    const at = this.#at
    const character = this.#next()
    if (character === '\\') {
      const escaped = this.#next()
      if (escaped === 'b') return 8
      const set = classEscape(escaped)
      if (set) return set
      const byte = this.#byteEscape(escaped, at)
      if (byte !== undefined) return byte
      return single(escaped, at)
    }
    return single(character, at)
  }

  #literal(character: string): PatternNode {
    const of = Array.from(encodeUtf8(character), (byte): PatternNode => ({ kind: 'set', set: this.#bytes(byte) }))
    return of.length === 1 ? of[0] : { kind: 'sequence', of }
  }

  #bytes(byte: number): ByteSet {
    const set = emptySet()
    addByte(set, byte)
    if (this.#flags.ignoreCase && /[A-Za-z]/.test(String.fromCharCode(byte)) && byte < 128) addByte(set, byte ^ 0x20)
    return set
  }

  /** The next character, all of it if it is outside the basic plane; '' at the end. */
  #next(): string {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) return ''
    const character = String.fromCodePoint(code)
    this.#at += character.length
    return character
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }
}

function classEscape(character: string): ByteSet | undefined {
  const set = CLASS_ESCAPES[character.toLowerCase()]
  return set && (character === character.toLowerCase() ? set : complement(set))
}

function single(character: string, at: number): number {
  const code = character.codePointAt(0)
  if (code === undefined) throw new PatternError('the expression ends inside [...]', at)
  if (code > 127) throw new PatternError('only ASCII characters can stand inside [...]', at)
  return code
}
