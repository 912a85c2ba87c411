import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../common/model/finding.ts'
import { countText, searched } from './search.ts'

const finding = (title: string, sentence: string) => ({ title, sentence, why: '', blamed: 'the network' }) as Finding
const lost = finding('Packet loss', '2 segments to orders-0.shop were sent again')
const refused = finding('Refused', 'Nobody listens at 10.0.0.7:8080')
const report = (findings: readonly Finding[], omitted = 0, artefacts: readonly Finding[] = []) => ({
  version: 1,
  findings,
  omitted,
  artefacts,
})

describe('searching findings', () => {
  it('finds those that have all words, in any case and place', () => {
    expect(searched([lost, refused], 'ORDERS network')).toEqual([lost])
    expect(searched([lost, refused], '10.0.0.7')).toEqual([refused])
    expect(searched([lost, refused], 'orders 10.0.0.7')).toEqual([])
  })

  it('leaves the list as it is without a word', () => {
    const all = [lost, refused]
    expect(searched(all, '  ')).toBe(all)
  })
})

describe('the number of findings', () => {
  it('says what is not listed', () => {
    expect(countText(report([]))).toBe('no known trouble')
    expect(countText(report([lost]))).toBe('1 trouble')
    expect(countText(report([lost, refused], 1200, [lost]))).toBe(
      '1,202 troubles, the costliest 2 listed, 1 about the capture',
    )
  })

  it('says how many a search found', () => {
    expect(countText(report([lost, refused]), 1)).toBe('1 of 2 troubles')
  })
})
