/** Part of the filter's text, [from, to). */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What is wrong with a filter, in words for the person, and where. */
export class FilterError extends Error {
  readonly span: Span
  constructor(message: string, span: Span) {
    super(message)
    this.span = { from: span.from, to: Math.max(span.from, span.to) }
  }
}

export type Relation = '==' | '!=' | '>' | '<' | '>=' | '<='
export type Operator = Relation | 'contains' | 'matches'

/** With several values: one that fulfils it is enough, or all must. */
export type Quantifier = 'any' | 'all'

/** An operator with the quantifier that its spelling implies: "!=" is `all`, "!==" and "~=" are `any`. */
export interface Comparator {
  readonly operator: Operator
  readonly quantifier: Quantifier
}

export type FilterNode =
  | { readonly kind: 'and' | 'or' | 'xor'; readonly of: readonly FilterNode[]; readonly span: Span }
  | { readonly kind: 'not'; readonly of: FilterNode; readonly span: Span }
  /** A value alone: is there one? Of a calculation: is it other than 0? */
  | { readonly kind: 'value'; readonly operand: OperandNode; readonly span: Span }
  | {
      readonly kind: 'compare'
      /** Said before the comparison: "all tcp.port > 1024". */
      readonly quantifier?: Quantifier
      readonly comparator: Comparator
      readonly left: OperandNode
      readonly right: OperandNode
      readonly span: Span
    }
  | {
      readonly kind: 'in'
      readonly quantifier?: Quantifier
      readonly negated: boolean
      readonly operand: OperandNode
      readonly elements: readonly SetElement[]
      readonly span: Span
    }

export interface SetElement {
  readonly low: OperandNode
  /** For low..high, both included. */
  readonly high?: OperandNode
  readonly span: Span
}

export type ArithmeticOperator = '&' | '+' | '-' | '*' | '/' | '%'

export type OperandNode =
  /** A field, or a value written without quotes. */
  | { readonly kind: 'word'; readonly text: string; readonly span: Span }
  | { readonly kind: 'string'; readonly string: StringLiteral; readonly span: Span }
  | { readonly kind: 'character'; readonly code: number; readonly span: Span }
  | {
      readonly kind: 'slice'
      readonly of: OperandNode
      readonly ranges: readonly SliceRange[]
      readonly span: Span
    }
  /** field#2: the second layer of its protocol only. */
  | { readonly kind: 'layer'; readonly of: OperandNode; readonly layer: number; readonly span: Span }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly OperandNode[]; readonly span: Span }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: OperandNode
      readonly right: OperandNode
      readonly span: Span
    }
  | { readonly kind: 'negative'; readonly of: OperandNode; readonly span: Span }

/** Bytes [from, to) of a value; negative positions count from its end. */
export interface SliceRange {
  readonly from: number
  /** Undefined: to the end. */
  readonly to?: number
}

export interface StringLiteral {
  readonly text: string
  /** UTF-8, but \xff is that byte. */
  readonly bytes: Uint8Array
  /** As a regular expression: only \\ and \" are unescaped, the rest is its own syntax. */
  readonly pattern: string
  /** The first escape that means nothing in a string. */
  readonly badEscape?: Span & { readonly text: string }
}

/** What messages call it. */
export function nameOf(node: OperandNode): string {
  switch (node.kind) {
    case 'word':
      return node.text
    case 'layer':
      return `${nameOf(node.of)}#${node.layer}`
    case 'slice':
      return `${nameOf(node.of)}[…]`
    case 'call':
      return `${node.name}()`
    default:
      return 'this value'
  }
}
