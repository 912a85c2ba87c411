import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SortKey } from '../answers.ts'
import { packetRows } from './packet-rows.ts'
import { sortRows } from './sort-rows.ts'
import { ethernet, ipv4, udp } from './testing/frames.ts'
import { mixedCapture } from './testing/mixed-capture.ts'
import { TestCapture } from './testing/test-capture.ts'
import { Cancelled } from './work.ts'

const mixed = mixedCapture()
const sort = (key: SortKey, descending = false, rows?: Uint32Array, capture = mixed) =>
  sortRows(capture, rows, key, descending, capture.read)

/** What the column shows, in the sorted order. */
async function column(key: 'source' | 'destination' | 'protocol' | 'length' | 'info', descending = false) {
  const rows = await sort(key, descending)
  return (await packetRows(mixed, rows, mixed.read)).map((row) => row[key])
}

describe('sorting packets', () => {
  it('by address goes by value, IPv4 before IPv6 before hardware', async () => {
    const sources = [...new Set(await column('source'))]
    expect(sources).toEqual([
      ...['10.9.0.1', '10.9.0.2', '10.42.0.5', '10.42.1.6', '10.96.0.10', '10.244.1.7', '10.244.2.1', '10.244.2.9'],
      ...['fd00::7', 'fd00::9', 'fe80::1', '0a:58:0a:f4:01:07'],
    ])
    expect([...new Set(await column('destination', true))][0]).toBe('0a:58:0a:f4:02:09')
  })

  it('by protocol, length and Info goes by what these columns show', async () => {
    for (const key of ['protocol', 'length', 'info'] as const) {
      const shown = await column(key)
      const lower = (value: string | number) =>
        typeof value === 'string' && key === 'protocol' ? value.toLowerCase() : value
      const expected = shown.toSorted((a, b) => (lower(a) < lower(b) ? -1 : lower(a) > lower(b) ? 1 : 0))
      expect(shown).toEqual(expected)
      expect(await column(key, true)).toEqual(expected.toReversed())
    }
  })

  it('keeps the order of the file among equals, in both directions', async () => {
    for (const key of ['source', 'destination', 'protocol', 'length', 'info'] as const) {
      for (const descending of [false, true]) {
        const rows = await sort(key, descending)
        const shown = await packetRows(mixed, rows, mixed.read)
        for (let i = 1; i < shown.length; i++) {
          if (shown[i][key] === shown[i - 1][key]) expect(shown[i].row).toBeGreaterThan(shown[i - 1].row)
        }
      }
    }
  })

  it('sorts the rows of a selection and no others', async () => {
    expect(await sort('length', true, Uint32Array.of(2, 3, 12))).toEqual(Uint32Array.of(3, 2, 12))
    expect(await sort('frame', true, Uint32Array.of(2, 3, 12))).toEqual(Uint32Array.of(12, 3, 2))
    expect(await sort('frame', false, Uint32Array.of(2, 3))).toEqual(Uint32Array.of(2, 3))
    expect(await sort('time', false, new Uint32Array(0))).toEqual(new Uint32Array(0))
  })

  it('sorts any times, also far apart, equal and before the first', async () => {
    const time = fc.oneof(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      fc.constantFrom(0, 5),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(time, { minLength: 1, maxLength: 50 }), fc.boolean(), async (times, descending) => {
        const capture = new TestCapture()
        const frame = ethernet(
          0x800,
          ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(1, 2, [])),
        )
        for (const at of times) capture.add(10n ** 18n + BigInt(at), frame)
        const rows = await sort('time', descending, undefined, capture)
        const expected = times
          .map((_, row) => row)
          .sort((a, b) => (times[a] - times[b]) * (descending ? -1 : 1) || a - b)
        expect(Array.from(rows)).toEqual(expected)
      }),
    )
  })

  it('shares its time and can be cancelled', async () => {
    const capture = new TestCapture()
    const frame = ethernet(0x800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(1, 2, [])))
    for (let i = 0; i < 10; i++) capture.add(10n ** 18n - BigInt(i), frame)
    let pauses = 0
    const work = { signal: { aborted: false }, pause: () => Promise.resolve(void pauses++) }
    await sortRows(capture, undefined, 'time', false, capture.read, work)
    expect(pauses).toBeGreaterThan(1)
    work.signal.aborted = true
    await expect(sortRows(capture, undefined, 'time', false, capture.read, work)).rejects.toThrow(Cancelled)
    await expect(sortRows(capture, undefined, 'info', false, capture.read, work)).rejects.toThrow(Cancelled)
  })
})
