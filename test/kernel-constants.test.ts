import { describe, expect, it } from 'vitest'

const { constants }: { constants: (text: string) => string } = await import(
  new URL('../scripts/steps/kernel.mjs', import.meta.url).href
)

describe('the constants that the kernel is given of a TypeScript file', () => {
  it('are its numbers and its tables of numbers, worked out', () => {
    const text = `
import { something } from './elsewhere.ts'
const ROWS = 65_536
/** Said of it. */
export const WIDE = ROWS * 8 + 192
export const LATE = 0.2e6
export const NONE = 0xffff_ffff
export const BITS = {
  first: 1 << 0,
  /** The second. */
  second: 1 << 1,
} as const
`
    expect(constants(text)).toBe(
      [
        'export const ROWS: i32 = 65536',
        'export const WIDE: i32 = 524480',
        'export const LATE: i32 = 200000',
        'export const NONE: u32 = 4294967295',
        'export enum BITS { first = 1, second = 2 }',
        '',
      ].join('\n'),
    )
  })

  it('are named so that the compiler takes them', () => {
    const text = "export const PROTOCOL = { null: 5, 'ipv6.hopopts': 14, interface: 3 } as const"
    expect(constants(text)).toBe('export enum PROTOCOL { null_ = 5, ipv6_hopopts = 14, interface_ = 3 }\n')
  })

  it('are nothing else that it has', () => {
    const text = `
export const NAMES = ['a', 'b'] as const
export const OF_ANOTHER = elsewhere + 1
export const TEXT = 'three'
export const MIXED = { a: 1, b: 'two' } as const
export type Name = 'a'
export function f(): number {
  const inner = 4
  return inner
}
`
    expect(constants(text)).toBe('\n')
  })
})
