import { encodeUtf8 } from '../../capture-file/utf8.ts'
import type { FieldCatalog } from './field-catalog.ts'
import { fieldName, unknownField } from './field-names.ts'
import type { FilterType } from './filter-field.ts'
import { literalOf, type Literal, numberOf, type Target } from './filter-literal.ts'
import {
  type Comparator,
  FilterError,
  type FilterNode,
  nameOf,
  type OperandNode,
  type Quantifier,
  type Relation,
  type SetElement,
  type Span,
} from './filter-syntax.ts'
import type { FilterFunction, FilterTest, Leaf, Operand } from './filter-test.ts'
import { comparable, described } from './filter-types.ts'
import { askedBy, refuseBareValues } from './filter-advice.ts'
import { isEmpty, merged, type Predicate, predicateOf } from './predicate.ts'
import { calculate } from './arithmetic.ts'
import { PatternError } from './pattern-syntax.ts'
import { Pattern } from './pattern.ts'
import { nearest } from './suggestion.ts'

/** Something that is right, but perhaps not what was meant. */
export interface FilterNote extends Span {
  readonly message: string
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'len',
  'count',
  'lower',
  'upper',
  'string',
  'abs',
  'min',
  'max',
] satisfies FilterFunction[])

/** Looking for text takes, at worst, its length times the packet's. */
const MAX_NEEDLE = 1024

const MIRRORED: Readonly<Record<Relation, Relation>> = {
  '==': '==',
  '!=': '!=',
  '>': '<',
  '<': '>',
  '>=': '<=',
  '<=': '>=',
}

/**
 * Finds the fields, types and values of a filter. Throws FilterError.
 * `epoch`: nanoseconds since 1970 from which the capture's times count; only needed to run the filter, not to check it.
 */
export class FilterChecker {
  readonly #catalog: FieldCatalog
  readonly #epoch: bigint
  readonly notes: FilterNote[] = []

  constructor(catalog: FieldCatalog, epoch = 0n) {
    this.#catalog = catalog
    this.#epoch = epoch
  }

  test(node: FilterNode): FilterTest {
    switch (node.kind) {
      case 'and':
      case 'or':
      case 'xor':
        if (node.kind === 'or') refuseBareValues(node.of)
        return { kind: node.kind, of: node.of.map((one) => this.test(one)) }
      case 'not':
        return { kind: 'not', of: this.test(node.of) }
      case 'value':
        return this.#value(node.operand)
      case 'compare':
        return this.#comparison(node.comparator, node.quantifier, node.left, node.right)
      case 'in':
        return this.#membership(node.operand, node.elements, node.negated, node.quantifier)
    }
  }

  /** A value alone. */
  #value(node: OperandNode): Leaf {
    const operand = this.#operand(node, node.kind === 'word' ? 'alone' : undefined)
    if (operand.kind === 'field' || operand.kind === 'slice') {
      if (operand.kind === 'field' && operand.type === 'bool' && !operand.field.onlyTrue) {
        const { name } = operand.field
        const message = `${name} is in every such packet, whether it is set or not. To ask whether it is, write ${name} == 1.`
        this.notes.push({ message, ...node.span })
      }
      return { kind: 'exists', operand }
    }
    if (operand.type === 'string') return { kind: 'exists', operand }
    return { kind: 'test', quantifier: 'any', operand, predicate: { kind: 'number', relation: '!=', low: 0, high: 0 } }
  }

  #comparison(
    { operator, quantifier: implied }: Comparator,
    said: Quantifier | undefined,
    left: OperandNode,
    right: OperandNode,
  ): Leaf {
    const quantifier = said ?? implied
    const leftIsLiteral = this.#isLiteral(left)
    const rightIsLiteral = this.#isLiteral(right)
    if (leftIsLiteral && rightIsLiteral) throw this.#twoLiterals(left, right)
    if (operator === 'contains' || operator === 'matches') {
      const operand = this.#operand(left, 'left')
      if (operator === 'matches')
        return { kind: 'test', quantifier, operand, predicate: this.#pattern(operand, left, right) }
      return { kind: 'test', quantifier, operand, predicate: this.#needle(operand, left, right) }
    }
    if (leftIsLiteral) return this.#against(MIRRORED[operator], quantifier, right, left)
    if (rightIsLiteral) return this.#against(operator, quantifier, left, right)
    const one = this.#operand(left)
    const other = this.#operand(right)
    if (!comparable(one.type, other.type)) {
      const span = { from: left.span.from, to: right.span.to }
      throw new FilterError(
        `${nameOf(left)} and ${nameOf(right)} can not be compared: one is ${described(one.type)}, the other ${described(other.type)}.`,
        span,
      )
    }
    return { kind: 'pair', quantifier, relation: operator, left: one, right: other }
  }

  #against(relation: Relation, quantifier: Quantifier, node: OperandNode, literal: OperandNode): Leaf {
    const operand = this.#operand(node)
    const target = this.#target(operand, node)
    if (target.type === 'protocol' && literal.kind === 'word' && numberOf(literal.text) !== undefined) {
      const port = this.#catalog.has(`${target.name}.port`) ? `, for example ${target.name}.port` : ''
      throw new FilterError(`${target.name} is a protocol. Compare one of its fields${port}.`, node.span)
    }
    return { kind: 'test', quantifier, operand, predicate: predicateOf(relation, this.#literal(literal, target)) }
  }

  #membership(
    node: OperandNode,
    elements: readonly SetElement[],
    negated: boolean,
    said: Quantifier | undefined,
  ): Leaf {
    const operand = this.#operand(node, 'left')
    const target = this.#target(operand, node)
    // "not in" wants every value to be outside, as "!=" wants every value to differ.
    const quantifier = said ?? (negated ? 'all' : 'any')
    const ranges = elements.map(({ low, high, span }) => {
      const first = this.#literal(low, target)
      const last = high && this.#literal(high, target)
      if (last && isEmpty(first, last))
        this.notes.push({
          message: 'Nothing is in this range: it ends before it begins. The smaller value is first.',
          ...span,
        })
      return { first, last }
    })
    if (ranges.every(({ first }) => first.kind === 'number')) {
      const bounds = ranges.flatMap(({ first, last }): readonly (readonly [number, number])[] => {
        if (first.kind !== 'number') return []
        const high = last?.kind === 'number' ? last.high : first.high
        return high < first.low ? [] : [[first.low, high]]
      })
      return { kind: 'test', quantifier, operand, predicate: { kind: 'ranges', bounds: merged(bounds), negated } }
    }
    const of = ranges.map(({ first, last }): Predicate => {
      if (!last) return predicateOf('==', first)
      return { kind: 'all-of', of: [predicateOf('>=', first), predicateOf('<=', last)] }
    })
    return { kind: 'test', quantifier, operand, predicate: { kind: 'any-of', of, negated } }
  }

  #needle(operand: Operand, left: OperandNode, right: OperandNode): Predicate {
    if (right.kind === 'string' && right.string.bytes.length > MAX_NEEDLE) {
      throw new FilterError(`"contains" looks for at most ${MAX_NEEDLE} bytes.`, right.span)
    }
    if (!['string', 'bytes', 'ether', 'ipv6', 'protocol'].includes(operand.type)) {
      throw new FilterError(
        `${nameOf(left)} is ${described(operand.type)}: "contains" looks into text and bytes.`,
        left.span,
      )
    }
    const type = operand.type === 'string' ? 'string' : 'bytes'
    const literal = this.#literal(right, { ...this.#target(operand, left), type })
    if (literal.kind === 'text')
      return { kind: 'contains', bytes: right.kind === 'string' ? right.string.bytes : encodeUtf8(literal.text) }
    if (literal.kind === 'bytes') {
      if (right.kind === 'word' && numberOf(right.text) !== undefined) {
        const message = `"${right.text}" could be a byte or text. Write bytes with colons (47:45:54), text in quotes.`
        throw new FilterError(message, right.span)
      }
      return { kind: 'contains', bytes: literal.bytes }
    }
    throw new FilterError('"contains" looks for text in quotes, or bytes such as 47:45:54.', right.span)
  }

  #pattern(operand: Operand, left: OperandNode, right: OperandNode): Predicate {
    if (!['string', 'bytes', 'ether', 'protocol'].includes(operand.type)) {
      throw new FilterError(
        `${nameOf(left)} is ${described(operand.type)}: "matches" looks into text and bytes.`,
        left.span,
      )
    }
    if (right.kind !== 'string') {
      throw new FilterError('After "matches" comes a regular expression in quotes.', right.span)
    }
    try {
      return { kind: 'matches', pattern: new Pattern(right.string.pattern) }
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      // Behind an escaped quote or backslash the places differ by a little.
      const at = Math.min(right.span.from + 1 + error.at, right.span.to - 1)
      throw new FilterError(`The regular expression is not right: ${error.message}.`, { from: at, to: right.span.to })
    }
  }

  /** What can only be a value: no field is in it. */
  #isLiteral(node: OperandNode): boolean {
    switch (node.kind) {
      case 'word':
        return !this.#catalog.has(fieldName(node.text))
      case 'string':
      case 'character':
        return true
      case 'negative':
        return this.#isLiteral(node.of)
      case 'arithmetic':
        return this.#isLiteral(node.left) && this.#isLiteral(node.right)
      default:
        return false
    }
  }

  #twoLiterals(left: OperandNode, right: OperandNode): FilterError {
    if (left.kind === 'word' && /^[\p{L}_]/u.test(left.text)) return this.#unknownField(left)
    return new FilterError('Two values are compared, and no field.', { from: left.span.from, to: right.span.to })
  }

  #unknownField(node: OperandNode & { kind: 'word' }): FilterError {
    return new FilterError(unknownField(node.text, this.#catalog), node.span)
  }

  /** A value in the place of a literal: also a calculation with numbers only. */
  #literal(node: OperandNode, target: Target): Literal {
    if (node.kind === 'word' || node.kind === 'string' || node.kind === 'character') return literalOf(node, target)
    if (this.#isLiteral(node)) {
      const value = this.#constant(node, target)
      return { kind: 'number', low: value, high: value }
    }
    throw new FilterError('A value was expected here, not a field.', node.span)
  }

  #constant(node: OperandNode, target: Target): number {
    if (node.kind === 'negative') return -this.#constant(node.of, target)
    if (node.kind === 'arithmetic') {
      const factor = node.operator === '+' || node.operator === '-' ? target : { ...target, type: 'double' as const }
      return calculate(node.operator, this.#constant(node.left, target), this.#constant(node.right, factor))
    }
    if (node.kind !== 'word' && node.kind !== 'string' && node.kind !== 'character') {
      throw new FilterError('A number was expected here.', node.span)
    }
    const literal = literalOf(node, target)
    if (literal.kind === 'number' && literal.low === literal.high) return literal.low
    throw new FilterError('A calculation needs numbers.', node.span)
  }

  #operand(node: OperandNode, place?: 'alone' | 'left'): Operand {
    switch (node.kind) {
      case 'word': {
        const field = this.#catalog.get(fieldName(node.text))
        if (field) return { kind: 'field', field, type: field.type }
        const asked = place === 'alone' ? askedBy(node.text) : undefined
        if (asked !== undefined) throw new FilterError(`${node.text} alone asks nothing: ${asked}`, node.span)
        if (/^[\p{L}_]/u.test(node.text)) throw this.#unknownField(node)
        throw new FilterError(`A field was expected here, not "${node.text}".`, node.span)
      }
      case 'layer': {
        const operand = this.#operand(node.of)
        if (operand.kind !== 'field' || !operand.field.decoded) {
          throw new FilterError(`${nameOf(node.of)} does not belong to a layer, so "#" says nothing.`, node.span)
        }
        return { ...operand, layer: node.layer }
      }
      case 'slice': {
        const of = this.#operand(node.of)
        if (!['bytes', 'ether', 'ipv4', 'ipv6', 'string', 'protocol'].includes(of.type)) {
          throw new FilterError(
            `${nameOf(node.of)} is ${described(of.type)}: only bytes and text can be sliced.`,
            node.span,
          )
        }
        return { kind: 'slice', of, ranges: node.ranges, type: of.type === 'string' ? 'string' : 'bytes' }
      }
      case 'call':
        return this.#call(node)
      case 'arithmetic':
        return this.#arithmetic(node)
      case 'negative': {
        const right = this.#operand(node.of)
        this.#wantNumber(right, node.of)
        const left: Operand = { kind: 'number', value: 0, type: right.type }
        return { kind: 'arithmetic', operator: '-', left, right, type: right.type }
      }
      default:
        throw new FilterError('A field was expected here.', node.span)
    }
  }

  #arithmetic(node: OperandNode & { kind: 'arithmetic' }): Operand {
    const { operator } = node
    if (operator === '&' && this.#isLiteral(node.left))
      this.notes.push({ message: '"&" calculates with bits. To join conditions write "&&".', ...node.span })
    const side = (one: OperandNode, other: Operand | undefined): Operand => {
      if (!this.#isLiteral(one)) {
        const operand = this.#operand(one)
        this.#wantNumber(operand, one)
        return operand
      }
      // What is added to a time is one; what it is multiplied by is a number.
      const sum = operator === '+' || operator === '-'
      const type = sum && other && (other.type === 'duration' || other.type === 'time') ? 'duration' : 'double'
      const target: Target = { type, name: 'A calculation', epoch: this.#epoch }
      return { kind: 'number', value: this.#constant(one, target), type }
    }
    const leftIsLiteral = this.#isLiteral(node.left)
    const right = leftIsLiteral ? side(node.right, undefined) : undefined
    const left = side(node.left, right)
    const other = right ?? side(node.right, left)
    const isTime =
      left.type === 'duration' || left.type === 'time' ? left.type : other.type === 'duration' ? 'duration' : undefined
    return { kind: 'arithmetic', operator, left, right: other, type: isTime ?? 'double' }
  }

  #call(node: OperandNode & { kind: 'call' }): Operand {
    const name = node.name.toLowerCase()
    if (!isFunction(name)) {
      const guess = nearest(name, FUNCTIONS)
      throw new FilterError(
        `There is no function ${node.name}()${guess ? `; did you mean ${guess}()?` : '.'}`,
        node.span,
      )
    }
    const several = name === 'min' || name === 'max'
    if (several ? node.of.length === 0 : node.of.length !== 1) {
      throw new FilterError(`${name}() takes ${several ? 'at least one value' : 'one value'}.`, node.span)
    }
    const of = node.of.map((one) => this.#operand(one))
    for (const [i, operand] of of.entries()) this.#wantArgument(name, operand, node.of[i])
    return { kind: 'call', function: name, of, type: resultType(name, of[0].type) }
  }

  #wantArgument(name: FilterFunction, operand: Operand, node: OperandNode): void {
    const wrong = (what: string): FilterError =>
      new FilterError(`${name}() takes ${what}; ${nameOf(node)} is ${described(operand.type)}.`, node.span)
    if (name === 'len' && !['string', 'bytes', 'ether', 'ipv6', 'protocol'].includes(operand.type))
      throw wrong('text or bytes')
    if ((name === 'lower' || name === 'upper') && operand.type !== 'string') throw wrong('text')
    if (name === 'count' && operand.kind !== 'field') throw wrong('a field')
    if (name === 'string' && (operand.type === 'protocol' || operand.type === 'none'))
      throw wrong('a field with a value')
    if (['abs', 'min', 'max'].includes(name)) this.#wantNumber(operand, node)
  }

  #wantNumber(operand: Operand, node: OperandNode): void {
    if (['uint', 'double', 'bool', 'duration', 'time'].includes(operand.type)) return
    // One byte of a packet counts as a number: tcp[13] & 2.
    if (operand.kind === 'slice' && operand.type === 'bytes') return
    throw new FilterError(
      `${nameOf(node)} is ${described(operand.type)}: there is nothing to calculate with.`,
      node.span,
    )
  }

  #target(operand: Operand, node: OperandNode): Target {
    const field = operand.kind === 'field' ? operand.field : undefined
    return { type: operand.type, name: nameOf(node), ...(field && { field }), epoch: this.#epoch }
  }
}

function isFunction(name: string): name is FilterFunction {
  return FUNCTIONS.has(name)
}

function resultType(name: FilterFunction, type: FilterType): FilterType {
  if (name === 'len' || name === 'count') return 'uint'
  if (name === 'lower' || name === 'upper' || name === 'string') return 'string'
  return type
}
