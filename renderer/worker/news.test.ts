import { describe, expect, it } from 'vitest'
import { News } from './news.ts'

describe('news of a growing capture', () => {
  it('comes with every report while answers take no time', () => {
    const news = new News(0)
    expect([80, 160, 240].map((now) => news.version(now, 0, false))).toEqual([2, 3, 4])
  })

  it('waits until reading had three times what the answers took', () => {
    const news = new News(0)
    expect(news.version(100, 0, false)).toBe(2)
    // 200 ms of answers in the next 500: 300 for reading is not enough.
    expect(news.version(600, 200, false)).toBe(2)
    expect(news.version(850, 200, false)).toBe(2)
    expect(news.version(901, 200, false)).toBe(3)
    expect(news.version(1000, 200, false)).toBe(4)
  })

  it('always comes at the end', () => {
    const news = new News(0)
    expect(news.version(10, 9, false)).toBe(1)
    expect(news.version(11, 10, true)).toBe(2)
  })
})
