import { describe, expect, it } from 'vitest'
import { Selections } from './selections.ts'

const rows = (...numbers: number[]) => Uint32Array.from(numbers)

describe('selections kept for the page', () => {
  it('give their rows by the page', () => {
    const selections = new Selections()
    const { id, count } = selections.put('dns', rows(3, 5, 8, 13), 4)
    expect(count).toBe(4)
    expect(selections.rows(id, 1, 2)).toEqual([5, 8])
    expect(selections.rows(id, 3, 10)).toEqual([13])
    expect(selections.rows(id, 9, 10)).toEqual([])
  })

  it('need no list of rows when all packets are selected', () => {
    const selections = new Selections()
    const { id } = selections.put('all', undefined, 5_000_000)
    expect(selections.rows(id, 4_999_998, 10)).toEqual([4_999_998, 4_999_999])
    expect(selections.position(id, 77)).toEqual({ index: 77, found: true })
    expect(selections.position(id, 5_000_000).found).toBe(false)
  })

  it('keep their number while the capture grows', () => {
    const selections = new Selections()
    const before = selections.put('dns', rows(3), 1)
    const after = selections.put('dns', rows(3, 70), 2)
    expect(after).toEqual({ id: before.id, count: 2 })
    expect(selections.rows(before.id, 0, 9)).toEqual([3, 70])
    expect(selections.put('tcp', rows(1), 1).id).not.toBe(before.id)
  })

  it('know where a packet is, or would be', () => {
    const selections = new Selections()
    const { id } = selections.put('dns', rows(3, 5, 8), 3)
    expect(selections.position(id, 5)).toEqual({ index: 1, found: true })
    expect(selections.position(id, 6)).toEqual({ index: 2, found: false })
    expect(selections.position(id, 99)).toEqual({ index: 3, found: false })
  })

  it('know where a packet is in another order, which is a selection of its own', () => {
    const selections = new Selections()
    const asCaptured = selections.put('dns', rows(3, 5, 8), 3)
    const sorted = selections.put('dns', rows(8, 3, 5), 3, 'length')
    expect(sorted.id).not.toBe(asCaptured.id)
    expect(selections.position(sorted.id, 3)).toEqual({ index: 1, found: true })
    expect(selections.position(sorted.id, 4)).toEqual({ index: 0, found: false })
    expect(selections.position(asCaptured.id, 3)).toEqual({ index: 0, found: true })
  })

  it('are forgotten when others were used more lately', () => {
    const selections = new Selections()
    const first = selections.put('a', rows(1), 1)
    const second = selections.put('b', rows(2), 1)
    for (let i = 0; i < 11; i++) {
      selections.rows(first.id, 0, 1)
      selections.put(`other ${i}`, rows(i), 1)
    }
    expect(selections.rows(first.id, 0, 1)).toEqual([1])
    expect(selections.rows(second.id, 0, 1)).toEqual([])
  })
})
