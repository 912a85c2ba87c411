import { filterTokens, type Token } from './filter-lexer.ts'
import {
  type ArithmeticOperator,
  type Comparator,
  FilterError,
  type FilterNode,
  type OperandNode,
  type Quantifier,
  type SetElement,
  type Span,
} from './filter-syntax.ts'

const MAX_DEPTH = 200
/** Calculations longer than this are no filter a person wrote. */
const MAX_OPERATORS = 100

const any = (operator: Comparator['operator']): Comparator => ({ operator, quantifier: 'any' })
const all = (operator: Comparator['operator']): Comparator => ({ operator, quantifier: 'all' })

/** As in Wireshark 4: "!=" wants every value to differ, "!==" and "~=" one of them. */
export const COMPARATORS: ReadonlyMap<string, Comparator> = new Map([
  ['==', any('==')],
  ['eq', any('==')],
  ['any_eq', any('==')],
  ['===', all('==')],
  ['all_eq', all('==')],
  ['!=', all('!=')],
  ['ne', all('!=')],
  ['all_ne', all('!=')],
  ['!==', any('!=')],
  ['~=', any('!=')],
  ['any_ne', any('!=')],
  ['>', any('>')],
  ['gt', any('>')],
  ['<', any('<')],
  ['lt', any('<')],
  ['>=', any('>=')],
  ['ge', any('>=')],
  ['<=', any('<=')],
  ['le', any('<=')],
  ['contains', any('contains')],
  ['matches', any('matches')],
  ['~', any('matches')],
])

/** Words that are never fields or values. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['and', 'or', 'xor', 'not', 'in', 'any', 'all', 'bitwise_and', 'bitand'],
  ...Array.from(COMPARATORS.keys()).filter((word) => /^\w/.test(word)),
])

/** The filter as a tree; undefined for an empty one. Knows nothing of fields yet. Throws FilterError. */
export function parseFilter(text: string): FilterNode | undefined {
  const tokens = filterTokens(text)
  return tokens.length === 1 ? undefined : new FilterParser(tokens).whole()
}

class FilterParser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): FilterNode {
    const node = this.#or()
    const token = this.#token
    if (token.kind === 'end') return node
    if (token.text === ')') throw new FilterError('This ")" closes nothing.', token)
    if (token.text === ',' || token.text === '..')
      throw new FilterError('Several values, or a range, stand in a set: tcp.port in {80, 443, 8000..8010}.', token)
    throw new FilterError(`${quoted(token)} was not expected here. Conditions are joined by "and" or "or".`, token)
  }

  get #token(): Token {
    return this.#tokens[this.#at]
  }

  get #lastEnd(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1].to
  }

  // Loops instead of recursion, so that a thousand conditions in a row are no deeper than two.
  #or(): FilterNode {
    return this.#joined('or', '||', () => this.#joined('xor', '^^', () => this.#joined('and', '&&', () => this.#not())))
  }

  #joined(kind: 'and' | 'or' | 'xor', symbol: string, part: () => FilterNode): FilterNode {
    const of = [part()]
    while (this.#takeWord(kind) || this.#takeSymbol(symbol)) of.push(part())
    if (of.length === 1) return of[0]
    return { kind, of, span: { from: of[0].span.from, to: this.#lastEnd } }
  }

  #not(): FilterNode {
    const { from } = this.#token
    let negated = false
    while (this.#takeWord('not') || this.#takeSymbol('!')) negated = !negated
    const of = this.#primary()
    return negated ? { kind: 'not', of, span: { from, to: this.#lastEnd } } : of
  }

  #primary(): FilterNode {
    const open = this.#token
    if (!this.#takeSymbol('(')) return this.#comparison()
    this.#enter(open)
    const node = this.#or()
    const token = this.#token
    if (!this.#takeSymbol(')')) {
      if (token.kind === 'end') throw new FilterError('")" is missing for this "(".', open)
      throw new FilterError(`${quoted(token)} was not expected here; ")" or "and" or "or" was.`, token)
    }
    this.#depth--
    const after = this.#token
    if (comparatorOf(after)) throw new FilterError('A condition in parentheses has no value to compare.', after)
    return node
  }

  #comparison(): FilterNode {
    const { from } = this.#token
    const quantifier = this.#quantifier()
    const left = this.#operand()
    const span = (): Span => ({ from, to: this.#lastEnd })
    const said = quantifier && { quantifier }

    const negated = isWord(this.#token, 'not') && isWord(this.#tokens[this.#at + 1], 'in')
    if (negated) this.#at++
    if (this.#takeWord('in'))
      return { kind: 'in', ...said, negated, operand: left, elements: this.#set(), span: span() }

    // 80 < tcp.port < 100 is both.
    const of: FilterNode[] = []
    for (let operand = left; ;) {
      const comparator = comparatorOf(this.#token)
      if (!comparator) break
      this.#at++
      const right = this.#operand()
      const part = { from: operand.span.from, to: right.span.to }
      of.push({ kind: 'compare', ...said, comparator, left: operand, right, span: part })
      operand = right
    }
    if (of.length === 1) return { ...of[0], span: span() }
    if (of.length > 1) return { kind: 'and', of, span: span() }
    if (quantifier) throw new FilterError(`After "${quantifier}" comes a comparison.`, span())
    return { kind: 'value', operand: left, span: span() }
  }

  #quantifier(): Quantifier | undefined {
    const next = this.#tokens[this.#at + 1]
    if (next?.kind !== 'word') return undefined
    return this.#takeWord('any') ? 'any' : this.#takeWord('all') ? 'all' : undefined
  }

  #set(): SetElement[] {
    const open = this.#token
    if (!this.#takeSymbol('{')) {
      throw new FilterError('After "in" comes a set: {80, 443, 8000..8010}.', open.kind === 'end' ? open : open)
    }
    const elements: SetElement[] = []
    do {
      if (this.#isSymbol('}')) break
      const { from } = this.#token
      if (this.#token.kind === 'end') break
      const low = this.#operand()
      const high = this.#takeSymbol('..') ? this.#operand() : undefined
      elements.push({ low, ...(high && { high }), span: { from, to: this.#lastEnd } })
      // Commas, or just spaces as before Wireshark 4.
    } while (this.#takeSymbol(',') || !this.#isSymbol('}'))
    if (!this.#takeSymbol('}')) throw new FilterError('"}" is missing for this "{".', open)
    if (elements.length === 0) throw new FilterError('The set is empty.', { from: open.from, to: this.#lastEnd })
    return elements
  }

  // Operands: "&" binds loosest, then + and -, then * / and %.

  #operand(): OperandNode {
    return this.#calculation(['&'], () =>
      this.#calculation(['+', '-'], () => this.#calculation(['*', '/', '%'], () => this.#factor())),
    )
  }

  #calculation(operators: readonly ArithmeticOperator[], part: () => OperandNode): OperandNode {
    let left = part()
    for (let count = 0; ; count++) {
      const token = this.#token
      const operator = operators.find(
        (one) => this.#isSymbol(one) || (one === '&' && (isWord(token, 'bitwise_and') || isWord(token, 'bitand'))),
      )
      if (operator === undefined) return left
      if (count === MAX_OPERATORS) throw new FilterError('This calculation is too long.', token)
      this.#at++
      const right = part()
      left = { kind: 'arithmetic', operator, left, right, span: { from: left.span.from, to: right.span.to } }
    }
  }

  #factor(): OperandNode {
    const minus = this.#token
    if (this.#takeSymbol('-')) {
      this.#enter(minus)
      const of = this.#factor()
      this.#depth--
      return { kind: 'negative', of, span: { from: minus.from, to: of.span.to } }
    }
    let operand = this.#atom()
    for (;;) {
      const token = this.#token
      const span = { from: operand.span.from, to: token.to }
      if (token.kind === 'slice') {
        this.#at++
        operand = { kind: 'slice', of: operand, ranges: token.ranges, span }
        if (this.#token.kind === 'slice') throw new FilterError('A slice can not be sliced again.', this.#token)
      } else if (this.#takeSymbol('#')) {
        const number = this.#token
        if (number.kind !== 'word' || !/^[1-9]\d{0,2}$/.test(number.text)) {
          throw new FilterError('After "#" comes the number of a layer, the outermost being 1.', number)
        }
        this.#at++
        if (operand.kind !== 'word') throw new FilterError('"#" belongs directly behind a field.', token)
        operand = { kind: 'layer', of: operand, layer: Number(number.text), span: { ...span, to: number.to } }
      } else return operand
    }
  }

  #atom(): OperandNode {
    const token = this.#token
    const span = { from: token.from, to: token.to }
    if (token.kind === 'string') {
      this.#at++
      return { kind: 'string', string: token.string, span }
    }
    if (token.kind === 'character') {
      this.#at++
      return { kind: 'character', code: token.code, span }
    }
    if (token.kind === 'word' && !KEYWORDS.has(token.text.toLowerCase())) {
      this.#at++
      return this.#isSymbol('(') ? this.#call(token) : { kind: 'word', text: token.text, span }
    }
    // Braces group a calculation: {ip.len + 14}
    if (this.#takeSymbol('{')) {
      this.#enter(token)
      const operand = this.#operand()
      if (!this.#takeSymbol('}')) throw new FilterError('"}" is missing for this "{".', token)
      this.#depth--
      return operand
    }
    throw this.#noValue(token)
  }

  #call(name: Token): OperandNode {
    this.#enter(this.#token)
    this.#at++
    const of: OperandNode[] = []
    if (!this.#isSymbol(')')) {
      do of.push(this.#operand())
      while (this.#takeSymbol(','))
    }
    if (!this.#takeSymbol(')')) throw new FilterError(`")" is missing after ${name.text}(.`, this.#token)
    this.#depth--
    return { kind: 'call', name: name.text, of, span: { from: name.from, to: this.#lastEnd } }
  }

  #noValue(token: Token): FilterError {
    const before = this.#at === 0 ? undefined : this.#tokens[this.#at - 1]
    if (token.kind === 'end') {
      return new FilterError(
        before ? `Something is missing after ${quoted(before)}.` : 'The filter is empty.',
        before ?? token,
      )
    }
    if (token.text === '(' && before && comparatorOf(before)) {
      return new FilterError('Parentheses hold conditions. A calculation is grouped by { and }.', token)
    }
    if (token.text === '>' && before?.text === '<')
      return new FilterError('"<>" is not an operator. Write "!=".', token)
    return new FilterError(`${quoted(token)} was not expected here; a field or a value was.`, token)
  }

  #enter(token: Token): void {
    if (++this.#depth > MAX_DEPTH) {
      throw new FilterError(`The filter is nested too deeply: at most ${MAX_DEPTH} levels.`, token)
    }
  }

  #isSymbol(text: string): boolean {
    const token = this.#token
    return token.kind === 'symbol' && token.text === text
  }

  #takeSymbol(text: string): boolean {
    const is = this.#isSymbol(text)
    if (is) this.#at++
    return is
  }

  #takeWord(text: string): boolean {
    const is = isWord(this.#token, text)
    if (is) this.#at++
    return is
  }
}

/** Keywords may be in capitals, which people do and Wireshark refuses. */
function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === text
}

function comparatorOf(token: Token): Comparator | undefined {
  return token.kind === 'word' || token.kind === 'symbol' ? COMPARATORS.get(token.text.toLowerCase()) : undefined
}

function quoted(token: Token): string {
  const text = token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text
  return token.kind === 'string' ? text : `"${text}"`
}
