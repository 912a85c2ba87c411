import { describe, expect, it } from 'vitest'
import { bytesText, countText, durationText, millisecondsText, shareText, sparkline, table } from './text.ts'

describe('numbers for a person', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_949, '99.9 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [3.1e15, '3100 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it.each([
    [0.05, '0.05 ms'],
    [9.994, '9.99 ms'],
    [9.996, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [12_345, '12.3 s'],
    [119_960, '2 min'],
    [200_000, '3 min 20 s'],
  ])('a wait of %d ms is %s', (ms, text) => expect(millisecondsText(ms)).toBe(text))

  it.each([
    [0, '0 s'],
    [31_945, '32 s'],
    [9_949, '9.9 s'],
    [119_600, '2 min'],
    [3_599_700, '1 h'],
    [5_400_000, '1 h 30 min'],
    [180_000_000, '2 d 2 h'],
  ])('%d ms last %s', (ms, text) => expect(durationText(ms)).toBe(text))

  it('are never "0 %" of something, and one is no plural', () => {
    expect([shareText(0, 0), shareText(0, 9), shareText(1, 1_000_000), shareText(1, 3)]).toEqual([
      ...['0.0 %', '0.0 %', '< 0.1 %', '33 %'],
    ])
    expect([countText(0, 'packet'), countText(1, 'packet'), countText(1234, 'packet')]).toEqual([
      ...['0 packets', '1 packet', '1,234 packets'],
    ])
  })
})

describe('a line of bars', () => {
  it('tells nothing from very little, and the highest from the rest', () => {
    expect(sparkline([0, 1e-9, 50, 100, NaN])).toBe('·▁▅█·')
    expect(sparkline([0, 0])).toBe('··')
    expect(sparkline([])).toBe('')
  })
})

describe('a table', () => {
  it('aligns text left and numbers right, and leaves out what says nothing', () => {
    expect(
      table(
        ['name', 'packets', 'resets', 'RTT', 'why'],
        [
          ['a', '7', '0', '-', ''],
          ['longer', '1234', '0', '0.1 ms', 'x'],
        ],
      ),
    ).toBe('name    packets     RTT  why\na             7       -\nlonger     1234  0.1 ms  x')
  })

  it('does not steer the terminal with what stands in it', () => {
    expect(table(['context'], [['\u{1b}]0;owned\u{7}prod\r']])).toBe('context\n\u{fffd}]0;owned\u{fffd}prod')
  })

  it('of no rows is its head', () => {
    expect(table(['a', 'b'], [])).toBe('a  b')
  })

  it('may have very many rows', () => {
    expect(
      table(
        ['n'],
        Array.from({ length: 200_000 }, () => ['1']),
      ).length,
    ).toBeGreaterThan(400_000)
  })
})
