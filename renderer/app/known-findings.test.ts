import { describe, expect, it } from 'vitest'
import type { Finding } from '../../common/model/finding.ts'
import { Engine } from '../../engine/engine.ts'
import { knownFindings } from './known-findings.ts'

const facts = { ...new Engine().facts(), packets: 1000 }
const report = (version: number, findings: readonly Finding[]) => ({ version, findings, omitted: 0, artefacts: [] })
const one = [{} as Finding]

describe('the findings that can be counted', () => {
  it('are none only when the rules have seen all packets', () => {
    const read = { phase: 'done', size: 100, facts } as const
    expect(knownFindings(report(400, []), read)).toBeUndefined()
    expect(knownFindings(report(1000, []), read)).toEqual([])
    expect(knownFindings(report(400, []), { ...read, phase: 'reading' })).toBeUndefined()
  })

  it('are those so far as soon as there are any, and of what grows', () => {
    expect(knownFindings(report(400, one), { phase: 'reading', size: 100, facts })).toBe(one)
    expect(knownFindings(report(400, []), { phase: 'reading', size: 0, facts })).toEqual([])
  })

  it('are not known before the rules ran', () => {
    expect(knownFindings(undefined, { phase: 'done', size: 100, facts })).toBeUndefined()
    expect(knownFindings(report(0, []), undefined)).toBeUndefined()
  })
})
