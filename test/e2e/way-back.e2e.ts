import { describe, expect, it } from 'vitest'
import { captureOf, lookupsAtTwoPoints } from '../support/two-points.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { dropFile } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { open } = appInBrowser()

describe('the focus, without a mouse', () => {
  it('stays in a pane that has nothing to list', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    await new Screen(page).read()
    await page.keyboard.press('h')
    const add = page.getByRole('button', { name: 'Add a capture of another point…' })
    await add.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('3')
    await page.locator('[data-grid=packets]:focus').waitFor()
    await page.keyboard.press('2')
    await add.and(page.locator(':focus')).waitFor()
    expect(opened.complaints).toEqual([])
  })

  it('goes on in the conversations where nothing was found', async () => {
    await using opened = await open()
    const { page } = opened
    await dropFile(page, 'answered.pcapng', captureOf({ pod: lookupsAtTwoPoints([]).pod }))
    await new Screen(page).read()
    await page.keyboard.press('d')
    const conversations = page.getByRole('button', { name: 'Look at the conversations' })
    await conversations.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('[data-grid=conversations]:focus').waitFor()
  })

  it('is seen in a list before a row is chosen, and then on the row', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('3')
    const ring = () => screen.packets.evaluate((element) => getComputedStyle(element).outlineStyle)
    await page.locator('[data-grid=packets]:focus').waitFor()
    expect(await ring()).toBe('solid')
    await page.keyboard.press('ArrowDown')
    await expect.poll(ring).toBe('none')
  })

  it('is told by name on the edges between panes', async () => {
    await using opened = await open('sample=loss-episode&frame=1')
    const { page } = opened
    await page.getByRole('treeitem').first().waitFor()
    const names = await page
      .getByRole('separator')
      .evaluateAll((edges) => edges.map((edge) => edge.getAttribute('aria-label')))
    expect(names).toEqual([
      'Height of the time axis',
      'Height of the lists',
      'Width of the inspector',
      'Height of the layers',
    ])
  })

  it('comes back out of a packet to the list, with all that was narrowed', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await keyboard.press('w')
    await page.getByText(/^The worst, tcp 0, lost 1\.31 s$/).waitFor()
    await screen.counts(screen.packets, 317)
    await keyboard.press('3')
    await keyboard.press('ArrowDown')
    await keyboard.press('Enter')
    await page.locator('[role=tree]:focus').waitFor()
    await keyboard.press('Escape')
    await page.locator('[data-grid=packets]:focus').waitFor()
    expect(await screen.count(screen.packets)).toBe(317)
    expect(opened.complaints).toEqual([])
  })

  it('leaves a note that was begun only when Esc is pressed again', async () => {
    await using opened = await open('sample=loss-episode')
    const { page } = opened
    const screen = new Screen(page)
    const { keyboard } = page
    await screen.read()
    await screen.packets.focus()
    await keyboard.press('ArrowDown')
    const dialog = page.getByRole('dialog', { name: 'Add a note' })
    await keyboard.press('m')
    await dialog.waitFor()
    await keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    await keyboard.press('m')
    await dialog.waitFor()
    await keyboard.type('ten minutes of thought')
    await keyboard.press('Escape')
    await dialog.getByText('Esc again leaves it unwritten').waitFor()
    await keyboard.type('s')
    await keyboard.press('Escape')
    expect(await dialog.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('ten minutes of thoughts')
    await keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.locator('[data-grid=packets]:focus').waitFor()
    expect(opened.complaints).toEqual([])
  })
})
