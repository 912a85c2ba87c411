/** 256 bits: which byte values are in. */
export type ByteSet = Uint32Array

export function emptySet(): ByteSet {
  return new Uint32Array(8)
}

export function setOf(characters: string): ByteSet {
  const set = emptySet()
  for (const character of characters) addByte(set, character.charCodeAt(0))
  return set
}

export function addByte(set: ByteSet, byte: number): void {
  set[byte >>> 5] |= 1 << (byte & 31)
}

export function unite(set: ByteSet, other: ByteSet): void {
  for (let i = 0; i < 8; i++) set[i] |= other[i]
}

function union(a: ByteSet, b: ByteSet): ByteSet {
  const set = a.slice()
  unite(set, b)
  return set
}

export function complement(set: ByteSet): ByteSet {
  return set.map((bits) => ~bits)
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return (set[byte >>> 5] & (1 << (byte & 31))) !== 0
}

export const ALL_BYTES = complement(emptySet())
const DIGITS = setOf('0123456789')
const LOWER = setOf('abcdefghijklmnopqrstuvwxyz')
const UPPER = setOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
const ALPHA = union(LOWER, UPPER)
const ALNUM = union(ALPHA, DIGITS)
export const WORD = union(ALNUM, setOf('_'))
const SPACE = setOf(' \t\n\r\f\v')
const PUNCTUATION = setOf('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')
/** [:alpha:] and its like, ASCII only. */
export const POSIX_CLASSES: Readonly<Record<string, ByteSet | undefined>> = {
  alpha: ALPHA,
  digit: DIGITS,
  alnum: ALNUM,
  upper: UPPER,
  lower: LOWER,
  space: SPACE,
  blank: setOf(' \t'),
  punct: PUNCTUATION,
  xdigit: setOf('0123456789abcdefABCDEF'),
  word: WORD,
  print: union(union(ALNUM, PUNCTUATION), setOf(' ')),
  graph: union(ALNUM, PUNCTUATION),
}

/** \\d, \\w, \\s */
export const CLASS_ESCAPES: Readonly<Record<string, ByteSet | undefined>> = { d: DIGITS, w: WORD, s: SPACE }
