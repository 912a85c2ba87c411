import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { START_VIEW, viewFromSearch, viewToSearch, type View } from './view.ts'

const time = fc.integer({ min: -1e15, max: 9e15 })
const range = fc.tuple(time, fc.integer({ min: 1, max: 1e15 })).map(([from, length]) => ({ from, to: from + length }))

describe('the view in the URL', () => {
  it('says nothing when nothing is open', () => {
    expect(viewToSearch(START_VIEW)).toBe('')
    expect(viewFromSearch('')).toEqual(START_VIEW)
  })

  it('reads as a person would write it', () => {
    const view: View = {
      capture: { kind: 'sample', name: 'loss-episode' },
      filter: 'tcp.analysis.retransmission && ip.addr == 10.0.0.1',
      range: { from: 1_500_000_000, to: 2_250_000_001 },
      conversation: 3,
      row: 41,
      sort: { key: 'retransmissions', descending: true },
    }
    expect(decodeURIComponent(viewToSearch(view).replaceAll('+', ' '))).toBe(
      '?sample=loss-episode&filter=tcp.analysis.retransmission && ip.addr == 10.0.0.1&range=1.5~2.250000001&conversation=3&frame=42&sort=-retransmissions',
    )
  })

  it.each([
    ['1000-2000', { firstFrame: 1000, lastFrame: 2000 }],
    ['1000-', { firstFrame: 1000 }],
    ['12.5~60', { from: { since: 12.5e9 }, to: { since: 60e9 } }],
    ['~60', { to: { since: 60e9 } }],
  ])('tells the part of the capture: %s', (text, part) => {
    const view = viewFromSearch(`?sample=a&part=${text}`)
    expect(view.part).toEqual(part)
    expect(viewToSearch(view)).toBe(`?sample=a&part=${text.replace('~', '%7E')}`)
  })

  it.each(['', '-', '~', 'x', '1-2-3', '1~2~3'])('has no part that is not one: "%s"', (text) => {
    expect(viewFromSearch(`?part=${text}`).part).toBeUndefined()
  })

  it('comes back from it exactly', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            capture: fc.oneof(
              fc.record({ kind: fc.constant('host' as const), id: fc.stringMatching(/^[a-z0-9-]{1,20}$/) }),
              fc.record({ kind: fc.constant('dropped' as const), name: fc.string({ minLength: 1, unit: 'grapheme' }) }),
            ),
            against: fc.oneof(
              fc.record({ kind: fc.constant('host' as const), id: fc.stringMatching(/^[a-z0-9-]{1,20}$/) }),
              fc.record({ kind: fc.constant('dropped' as const), name: fc.string({ minLength: 1, unit: 'grapheme' }) }),
            ),
            range,
            zoom: range,
            conversation: fc.nat(),
            row: fc.nat(),
            reference: fc.nat(),
            latency: fc.constantFrom('rtt client', 'dns', 'http2'),
            measure: fc.constantFrom('rtt server', 'turn', 'http'),
            times: fc.constantFrom('requests' as const, 'pairs' as const),
            timesSort: fc.record({ key: fc.constantFrom('totalNs', 'toClient p50'), descending: fc.boolean() }),
            order: fc.record({ key: fc.constantFrom('frame', 'length', 'info'), descending: fc.boolean() }),
            detail: fc.constantFrom('graph', 'ladder', 'follow'),
            side: fc.constantFrom('client', 'server'),
            format: fc.constantFrom('hex', 'raw'),
            plot: fc.constantFrom('sequence', 'rtt'),
            span: range,
            screen: fc.constant('cluster' as const),
            context: fc.string({ minLength: 1, unit: 'grapheme' }),
            namespace: fc.constantFrom('shop', '*'),
            place: fc.constantFrom('workloads' as const, 'captures' as const),
            filter: fc.string({ unit: 'grapheme' }),
            sort: fc.record({ key: fc.constantFrom('harmMs', 'bytesAB', 'toServer'), descending: fc.boolean() }),
          },
          { requiredKeys: ['filter', 'sort'] },
        ),
        (view) => {
          expect(viewFromSearch(viewToSearch(view))).toEqual(view)
        },
      ),
    )
  })

  it('ignores what makes no sense', () => {
    const nonsense =
      '?range=2~1&zoom=abc&conversation=-4&frame=0&sort=constructor&timesort=--x&order=toString&detail=x&times=x&against=x:y&side=x&span=3~2&filter='
    expect(viewFromSearch(nonsense)).toEqual(START_VIEW)
    expect(viewFromSearch('?range=1~2~3&frame=1e3&sort=-')).toEqual(START_VIEW)
  })
})
