import { describe, expect, it } from 'vitest'
import { PagedRows } from './paged-rows.ts'

interface Request {
  readonly start: number
  answer(): Promise<void>
}

function slowList() {
  const requests: Request[] = []
  let edition = 'a'
  const pages = new PagedRows<string>(
    (start, count) =>
      new Promise((resolve) => {
        const rows = Array.from({ length: count }, (_, i) => `${edition}${start + i}`)
        requests.push({
          start,
          async answer() {
            resolve(rows)
            await new Promise((done) => setTimeout(done))
          },
        })
      }),
  )
  return { pages, requests, edit: (next: string) => (edition = next) }
}

describe('rows loaded by the page', () => {
  it('asks only for what is on screen, once', async () => {
    const { pages, requests } = slowList()
    pages.want(120, 20)
    pages.want(121, 20)
    expect(requests.map((request) => request.start)).toEqual([96, 128])
    expect(pages.row(120)).toBeUndefined()
    await requests[0].answer()
    expect(pages.row(120)).toBe('a120')
    expect(pages.row(128)).toBeUndefined()
  })

  it('drops places that were scrolled past while it waited', async () => {
    const { pages, requests } = slowList()
    for (let first = 0; first < 1_000_000; first += 1000) pages.want(first, 40)
    expect(requests).toHaveLength(2)
    await requests[0].answer()
    await requests[1].answer()
    const asked = requests.map((request) => request.start)
    expect(asked.slice(2)).toEqual([998_976, 999_008])
  })

  it('shows stale rows until the new ones are there', async () => {
    const { pages, requests, edit } = slowList()
    pages.want(0, 10)
    await requests[0].answer()
    edit('b')
    let changes = 0
    pages.subscribe(() => changes++)
    pages.invalidate()
    expect(pages.row(3)).toBe('a3')
    await requests[1].answer()
    expect(pages.row(3)).toBe('b3')
    expect(changes).toBe(1)
  })

  it('keeps a bounded number of rows, the last used ones', async () => {
    const { pages, requests } = slowList()
    for (let page = 0; page < 100; page++) {
      pages.want(page * 128, 10)
      await requests[page].answer()
    }
    expect(pages.row(99 * 128)).toBeDefined()
    expect(pages.row(0)).toBeUndefined()
  })
})
