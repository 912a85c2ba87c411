import { describe, expect, it } from 'vitest'
import { MOST_CONVERSATIONS, type Finding } from '../../../common/model/finding.ts'
import { drawFindings, findingAt, findingsIn, findingsOf, placeFindings } from './findings-lane.ts'
import { TimeScale } from './time-scale.ts'

function finding(id: string, since: number, until: number, evidence: readonly number[] = []): Finding {
  return {
    id,
    kind: 'dns-failed',
    title: id,
    sentence: '',
    why: '',
    severity: 'medium',
    confidence: 1,
    conversations: [],
    since,
    until,
    count: 1,
    costMs: 0,
    blamed: '',
    evidence: evidence.map((time, row) => ({ row, time, role: '' })),
    ruledOut: [],
    confirm: [],
    source: '',
    filter: '',
  }
}

const scale = new TimeScale({ from: 0, to: 1000 }, 1000)
const place = { id: 'findings', top: 36, height: 24 } as const

describe('the places of findings', () => {
  it('are below each other where they share a time', () => {
    const placed = placeFindings([finding('a', 0, 500), finding('b', 400, 600), finding('c', 700, 800)])
    expect(placed.map(({ row }) => row)).toEqual([0, 1, 0])
  })

  it('are in a few rows however many they are', () => {
    const placed = placeFindings(Array.from({ length: 200 }, (_, i) => finding(String(i), 0, 900)))
    expect(placed).toHaveLength(200)
    expect(Math.max(...placed.map(({ row }) => row))).toBe(3)
  })

  it('are those that concern the conversation, as far as that is told', () => {
    const of = (id: string, conversations: readonly number[]) => ({ ...finding(id, 0, 1), conversations })
    const many = Array.from({ length: MOST_CONVERSATIONS }, (_, i) => i + 10)
    const findings = [of('a', [1, 2]), of('b', [3]), of('many', many), of('none', [])]
    expect(findingsOf(findings, 2).map(({ id }) => id)).toEqual(['a', 'many', 'none'])
    expect(findingsOf(findings, undefined)).toHaveLength(4)
  })

  it('tell which have a part in a time', () => {
    const placed = placeFindings([finding('a', 0, 100), finding('b', 300, 300)])
    expect(findingsIn(placed, 100, 299).map(({ id }) => id)).toEqual(['a'])
    expect(findingsIn(placed, 250, 300).map(({ id }) => id)).toEqual(['b'])
  })
})

describe('the drawing of findings', () => {
  const drawn = (findings: readonly Finding[], height: number) => {
    const rects: (readonly [x: number, y: number, width: number, height: number])[] = []
    const context = {
      fillStyle: '',
      globalAlpha: 1,
      fillRect: (...rect: [number, number, number, number]) => rects.push(rect),
    }
    drawFindings(
      context,
      scale,
      { loss: '', reorder: '', traffic: '', faint: '' },
      { ...place, height },
      placeFindings(findings),
    )
    return rects
  }

  it('marks the time of each and its evidence', () => {
    expect(drawn([finding('a', 100, 400, [100, 250, 400])], 24).map(([x, , width]) => [x, width])).toEqual([
      [100, 300],
      [100, 2],
      [250, 2],
      [400, 2],
    ])
  })

  it('is seen also of a single moment, and not of what is off the screen', () => {
    expect(drawn([finding('a', 500, 500)], 24).length).toBeGreaterThan(0)
    expect(drawn([finding('a', 2000, 3000)], 24)).toEqual([])
  })

  it.each([8, 9, 14, 24, 60])('stays in a lane %i pixels high', (height) => {
    const rects = drawn(
      Array.from({ length: 6 }, (_, i) => finding(String(i), i, 900, [500])),
      height,
    )
    for (const [, y, , tall] of rects) {
      expect(y).toBeGreaterThanOrEqual(place.top)
      expect(y + tall).toBeLessThanOrEqual(place.top + height)
    }
  })
})

describe('what is under the pointer', () => {
  const placed = placeFindings([finding('a', 100, 400, [100, 390]), finding('b', 300, 600)])

  it('is the finding of the row, with its evidence that is nearest', () => {
    expect(findingAt(scale, place, placed, 350, 43)).toMatchObject({ finding: { id: 'a' }, evidence: { time: 390 } })
    expect(findingAt(scale, place, placed, 350, 55)).toMatchObject({ finding: { id: 'b' }, evidence: undefined })
  })

  it('is the only one of the time, also beside its row', () => {
    expect(findingAt(scale, place, placed, 150, 58)).toMatchObject({ finding: { id: 'a' } })
  })

  it('is nothing between findings and in other lanes', () => {
    expect(findingAt(scale, place, placed, 700, 43)).toBeUndefined()
    expect(findingAt(scale, place, placed, 350, 70)).toBeUndefined()
  })
})
