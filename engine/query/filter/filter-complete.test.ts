import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'
import { completeFilter } from './filter-complete.ts'
import { displayFilter } from '../testing/filters.ts'
import { mixedCapture } from '../testing/mixed-capture.ts'

const catalog = fieldCatalog()
const capture = mixedCapture()

/** The caret is at "|". */
function complete(marked: string) {
  const caret = marked.indexOf('|')
  const text = marked.replace('|', '')
  const found = completeFilter(text, caret, catalog, capture)
  const replaced = found[0] && text.slice(found[0].from, found[0].to)
  return { replaced, items: found.map((item) => item.text), about: found.map((item) => item.about) }
}

describe('completing a display filter', () => {
  it('proposes fields that begin as what is written, the common and shallow ones first', () => {
    const { replaced, items, about } = complete('tcp.po|')
    expect(replaced).toBe('tcp.po')
    expect(items[0]).toBe('tcp.port')
    expect(about[0]).toBe('Source or Destination Port')
    expect(complete('tcp and ip.s|').items.slice(0, 1)).toEqual(['ip.src'])
    expect(complete('|').items).toContain('ip.addr')
    expect(complete('!(tc|').items[0]).toBe('tcp')
    expect(complete('dns.q|').items.slice(0, 1)).toEqual(['dns.qry.name'])
    expect(complete('http.re|').items.slice(0, 2)).toEqual(['http.request', 'http.response'])
    expect(complete('server_name|').items).toContain('tls.handshake.extensions_server_name')
  })

  it('finds a field by a part of its name', () => {
    expect(complete('retrans|').items).toContain('tcp.analysis.retransmission')
    expect(complete('vni|').items).toContain('vxlan.vni')
  })

  it('replaces the whole word, also when the caret is inside it', () => {
    expect(complete('tcp.p|ort == 80').replaced).toBe('tcp.port')
    expect(complete('tcp.port == 4|3').replaced).toBe('43')
  })

  it('proposes the operators that suit the field, then how to go on', () => {
    expect(complete('tcp.port |').items).toEqual(['==', '!=', '>', '<', '>=', '<=', 'in {', '===', '!==', '&&', '||'])
    expect(complete('tcp.analysis.retransmission |').items).toEqual(['&&', '||'])
    expect(complete('tcp.payload c|').items).toEqual(['contains'])
    expect(complete('tcp.port == 80 |').items).toEqual(['&&', '||'])
    expect(complete('tcp a|').items).toEqual(['and'])
  })

  it('proposes values: those a field can have, and those that are in the capture', () => {
    expect(complete('tcp.flags.syn == |').items).toEqual(['1', '0'])
    expect(complete('hopscope.verdict == |').items).toContain('"rto"')
    expect(complete('hopscope.verdict == r|').items).toContain('"rto"')
    expect(complete('dns.flags.rcode == |').about).toContain('No such name')
    expect(complete('icmpv6.type == |').about).toContain('Destination Unreachable')
    expect(complete('ip.addr == |').items[0]).toBe('10.244.1.7')
    expect(complete('ip.addr == 192|').items).toEqual([])
    expect(complete('ip.addr == 10.9.|').items).toEqual(['10.9.0.1', '10.9.0.2'])
    expect(complete('ipv6.src == fd|').items.toSorted()).toEqual(['fd00::7', 'fd00::9'])
    expect(complete('tcp.dstport == |').items.slice(0, 1)).toEqual(['80'])
    expect(complete('frame.interface_name == |').items).toEqual(['"eth0"'])
  })

  it('knows what a set is of', () => {
    expect(complete('tcp.port in {|').items[0]).toBe('80')
    expect(complete('tcp.port not in {443, |').items[0]).toBe('80')
    expect(complete('tcp.port in {443, 8|').items).toEqual(['80', '8080'])
    expect(complete('tcp.port in {443} |').items).toEqual(['&&', '||'])
  })

  it('proposes nothing inside quotes and brackets', () => {
    expect(complete('tcp contains "ip|').items).toEqual([])
    expect(complete('tcp[0|').items).toEqual([])
  })

  it('never throws, and each field it proposes makes a word of the filter that is known', () => {
    fc.assert(
      fc.property(displayFilter, fc.nat({ max: 200 }), fc.string({ maxLength: 3 }), (filter, cut, extra) => {
        const text = filter.slice(0, cut) + extra
        const found = completeFilter(text, Math.min(cut, text.length), catalog, capture)
        for (const { from, to } of found) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeGreaterThanOrEqual(from)
          expect(to).toBeLessThanOrEqual(text.length)
        }
        expect(found.length).toBeLessThanOrEqual(50)
      }),
      { numRuns: 1000 },
    )
    for (const { text } of completeFilter('', 0, catalog)) {
      if (text !== '!') expect(checkFilter(text, catalog).ok).toBe(true)
    }
  })
})
