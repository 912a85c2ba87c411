import type { ArithmeticOperator } from './filter-syntax.ts'

/** NaN for a division by zero. */
export function calculate(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '&':
      // Beyond 32 bits the language's own operator would cut.
      return left <= 0xffffffff && right <= 0xffffffff
        ? (left & right) >>> 0
        : Number(BigInt.asUintN(64, toBig(left) & toBig(right)))
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? NaN : left / right
    default:
      return right === 0 ? NaN : left % right
  }
}

const toBig = (value: number): bigint => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n)
