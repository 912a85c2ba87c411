import { encodeUtf8 } from '../../capture-file/utf8.ts'
import { FilterError, type SliceRange, type Span, type StringLiteral } from './filter-syntax.ts'

export type Token = Span &
  (
    | { readonly kind: 'word'; readonly text: string }
    | { readonly kind: 'string'; readonly text: string; readonly string: StringLiteral }
    | { readonly kind: 'character'; readonly text: string; readonly code: number }
    | { readonly kind: 'slice'; readonly text: string; readonly ranges: readonly SliceRange[] }
    | { readonly kind: 'symbol'; readonly text: string }
    | { readonly kind: 'end'; readonly text: '' }
  )

const MAX_LENGTH = 100_000
const SYMBOLS = [
  ...['===', '!==', '==', '!=', '~=', '>=', '<=', '&&', '||', '^^', '..'],
  ...['>', '<', '!', '~', '&', '(', ')', '{', '}', ',', '+', '-', '*', '/', '%', '#'],
]
const WORD = /[\p{L}\p{N}_:\\](?:[\p{L}\p{N}_:\\/-]|\.(?!\.))*|\.(?=\d)[\d.]+/uy
const SPACE = /\s+/y
const NUMBER_AFTER_MINUS = /-\.?\d(?:[\p{L}\p{N}_:/-]|\.(?!\.))*/uy

/** The words and signs of a display filter, the last one an `end`. Throws FilterError. */
export function filterTokens(text: string): readonly Token[] {
  if (text.length > MAX_LENGTH) {
    throw new FilterError(`The filter is too long: at most ${MAX_LENGTH.toLocaleString('en')} characters.`, {
      from: MAX_LENGTH,
      to: text.length,
    })
  }
  const tokens: Token[] = []
  for (let at = 0; ;) {
    at += match(SPACE, text, at).length
    if (at >= text.length) break
    const token = tokenAt(text, at, tokens.at(-1))
    tokens.push(token)
    at = token.to
  }
  tokens.push({ kind: 'end', text: '', from: text.length, to: text.length })
  return tokens
}

function tokenAt(text: string, from: number, before: Token | undefined): Token {
  const character = text[from]
  if (character === '"') return stringAt(text, from, from + 1, false)
  if ((character === 'r' || character === 'R') && text[from + 1] === '"') return stringAt(text, from, from + 2, true)
  if (character === "'") return characterAt(text, from)
  if (character === '[') return sliceAt(text, from)
  // "-1" is a number where a value is expected, and a subtraction after one.
  if (character === '-' && !(before && endsValue(before))) {
    const number = match(NUMBER_AFTER_MINUS, text, from)
    if (number) return { kind: 'word', text: number, from, to: from + number.length }
  }
  const word = match(WORD, text, from)
  if (word) return { kind: 'word', text: word, from, to: from + word.length }
  const symbol = SYMBOLS.find((one) => text.startsWith(one, from))
  if (symbol) return { kind: 'symbol', text: symbol, from, to: from + symbol.length }
  const span = { from, to: from + 1 }
  if (character === '=') throw noOperator(text, span)
  if (character === '|') throw new FilterError('"|" is not an operator. Write "||" or "or".', span)
  if (character === ']') throw new FilterError('This "]" closes nothing.', span)
  if ('“”„‘’'.includes(character))
    throw new FilterError(`${character} is a typographic quote. Write ", as in http.host contains "shop".`, span)
  if (character === '$')
    throw new FilterError('Macros ($name) are not known here. Write what it stands for.', { from, to: text.length })
  throw new FilterError(`${JSON.stringify(character)} has no meaning here.`, span)
}

function noOperator(text: string, { from, to }: Span): FilterError {
  const next = text[to]
  if (next === '<' || next === '>')
    return new FilterError(`"=${next}" is not an operator. Write "${next}=".`, { from, to: to + 1 })
  return new FilterError('"=" is not an operator. To compare, write "==".', { from, to })
}

function endsValue(token: Token): boolean {
  if (token.kind === 'symbol') return token.text === ')' || token.text === '}'
  return (
    token.kind !== 'word' ||
    !/^(?:and|or|xor|not|in|eq|ne|gt|lt|ge|le|any|all|contains|matches|\w+_\w+)$/i.test(token.text)
  )
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

function stringAt(text: string, from: number, start: number, raw: boolean): Token {
  let end = start
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  if (end >= text.length) throw new FilterError('The closing quote is missing.', { from, to: text.length })
  const inner = text.slice(start, end)
  const to = end + 1
  const string = raw ? { text: inner, bytes: encodeUtf8(inner), pattern: inner } : unescaped(inner, start)
  return { kind: 'string', text: text.slice(from, to), string, from, to }
}

const ESCAPE = /\\(?:x([0-9a-f]{1,2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3})|([\s\S]))/gi
const CONTROLS: Readonly<Record<string, string | undefined>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
}

function unescaped(inner: string, start: number): StringLiteral {
  let text = ''
  const bytes: number[] = []
  let badEscape: StringLiteral['badEscape']
  const append = (piece: string): void => {
    text += piece
    for (const byte of encodeUtf8(piece)) bytes.push(byte)
  }
  let done = 0
  for (const found of inner.matchAll(ESCAPE)) {
    append(inner.slice(done, found.index))
    done = found.index + found[0].length
    const [all, hex, short, long, octal, single] = found
    const byte = hex !== undefined ? parseInt(hex, 16) : octal !== undefined ? parseInt(octal, 8) & 0xff : -1
    const code = parseInt(short ?? long ?? '0', 16)
    const control = single === undefined ? undefined : CONTROLS[single]
    if (byte >= 0) {
      text += String.fromCharCode(byte)
      bytes.push(byte)
    } else if (short !== undefined || long !== undefined) append(String.fromCodePoint(code > 0x10ffff ? 0xfffd : code))
    else if (control !== undefined) append(control)
    else {
      append(all)
      badEscape ??= { text: all, from: start + found.index, to: start + done }
    }
  }
  append(inner.slice(done))
  const pattern = inner.replace(/\\([\\"])/g, '$1')
  return { text, bytes: Uint8Array.from(bytes), pattern, ...(badEscape && { badEscape }) }
}

function characterAt(text: string, from: number): Token {
  const found = /^'((?:\\(?:x[0-9a-f]{1,2}|[0-7]{1,3}|[^])|[^'\\]))'/iu.exec(text.slice(from, from + 8))
  if (!found) {
    const to = text.indexOf("'", from + 1)
    const span = { from, to: to < 0 ? text.length : to + 1 }
    throw new FilterError("Between ' and ' stands exactly one character. For text use double quotes.", span)
  }
  const { bytes, badEscape } = unescaped(found[1], from + 1)
  if (badEscape) throw new FilterError(`${badEscape.text} stands for no character.`, badEscape)
  const to = from + found[0].length
  if (bytes.length !== 1) throw new FilterError("Only ASCII characters can stand between ' and '.", { from, to })
  return { kind: 'character', text: found[0], code: bytes[0], from, to }
}

/** [4], [0:4] (from, length), [0-3] (first, last), [:4], [4:], and several of them with commas. */
function sliceAt(text: string, from: number): Token {
  const close = text.indexOf(']', from)
  const to = close < 0 ? text.length : close + 1
  if (close < 0) throw new FilterError('The closing "]" is missing.', { from, to })
  const ranges = text
    .slice(from + 1, close)
    .split(',')
    .map((part) => sliceRange(part.trim(), { from, to }))
  return { kind: 'slice', text: text.slice(from, to), ranges, from, to }
}

function sliceRange(text: string, span: Span): SliceRange {
  const number = '\\s*(-?\\d{1,9})\\s*'
  const one = new RegExp(`^${number}$`).exec(text)
  if (one) {
    const from = Number(one[1])
    return from === -1 ? { from } : { from, to: from + 1 }
  }
  const withLength = new RegExp(`^(?:${number})?:(?:${number})?$`).exec(text)
  if (withLength) {
    const from = Number(withLength[1] ?? 0)
    if (withLength[2] === undefined) return { from }
    const length = Number(withLength[2])
    if (length <= 0) throw new FilterError('A slice needs a length of 1 or more.', span)
    return from < 0 && from + length >= 0 ? { from } : { from, to: from + length }
  }
  const toLast = new RegExp(`^${number}-${number}$`).exec(text)
  if (toLast) {
    const from = Number(toLast[1])
    const last = Number(toLast[2])
    if (last === -1) return { from }
    if (from >= 0 === last >= 0 && last < from) throw new FilterError('This slice ends before it begins.', span)
    return { from, to: last + 1 }
  }
  if (text === 'tcpflags')
    throw new FilterError('This is of capture filters. Here flags are fields: tcp.flags.syn == 1.', span)
  throw new FilterError('A slice is [first:length], [first-last], [:length], [first:] or [position].', span)
}
