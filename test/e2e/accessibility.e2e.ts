import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { allFindings as findings } from './support/axe.ts'
import { Screen } from './support/screen.ts'

const { open } = appInBrowser()

describe('to a screen reader', () => {
  it.each([
    ['', 'Hopscope'],
    ['screen=cluster', 'Clusters and captures'],
    ['sample=loss-episode', /^loss-episode/],
  ])('each place has one main part and one heading that names it: %s', async (view, name) => {
    await using opened = await open(view)
    await opened.page.getByRole('heading', { level: 1, name }).waitFor()
    expect(await opened.page.getByRole('heading', { level: 1 }).count()).toBe(1)
    await opened.page.getByRole('main').waitFor()
    expect(await opened.page.getByRole('main').count()).toBe(1)
  })

  it('is told the name of the capture in a heading no larger than the bar it is in', async () => {
    await using opened = await open('sample=loss-episode')
    const name = opened.page.getByRole('banner').getByRole('heading', { level: 1 })
    const sizes = await name.evaluate((element) =>
      [element, element.parentElement ?? element].map((one) => getComputedStyle(one).fontSize),
    )
    expect(sizes[0]).toBe(sizes[1])
  })
})

describe.each(['light', 'dark'] as const)('in the %s theme, axe finds nothing', (colorScheme) => {
  it('on the start screen', async () => {
    await using opened = await open(undefined, { colorScheme })
    await opened.page.getByRole('button', { name: /Four seconds/ }).waitFor()
    expect(await findings(opened.page)).toEqual([])
  })

  it('on an open capture with everything in use', async () => {
    const view = 'sample=loss-episode&filter=tcp.analysis.flags&range=13~18&zoom=12~19&conversation=0&frame=1'
    await using opened = await open(view, { colorScheme })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.rows(screen.packets).nth(2).click()
    await page.getByRole('treeitem').first().waitFor()
    expect(await findings(page)).toEqual([])
    for (const tab of ['Conversation', 'Capture']) {
      await screen.inspector.getByRole('tab', { name: tab }).click()
      await screen.inspector.getByRole('tab', { name: tab, selected: true }).waitFor()
      expect(await findings(page)).toEqual([])
    }
    // Lists in which nothing is left.
    await screen.applyFilter('tcp.port == 1')
    await page.getByText('No packet meets all conditions').waitFor()
    expect(await findings(page)).toEqual([])
  })

  it('in the panes of an open capture', async () => {
    await using opened = await open('sample=loss-episode&conversation=0', { colorScheme })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    for (const name of ['Findings', 'Latency', 'Notes', 'Compare', 'Graph', 'Ladder', 'Follow stream']) {
      await page.getByRole('tab', { name }).click()
      await page.getByRole('tab', { name, selected: true }).waitFor()
      expect(await findings(page), name).toEqual([])
    }
    await page.keyboard.press('h')
    await page.getByRole('heading', { name: 'One point captured' }).waitFor()
    expect(await findings(page)).toEqual([])
  })

  it('in its dialogs and menus', async () => {
    await using opened = await open('sample=loss-episode', { colorScheme })
    const { page } = opened
    const screen = new Screen(page)
    await screen.read()
    await page.keyboard.press('?')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+P')
    await page.getByRole('dialog', { name: 'Part of the capture' }).locator('[data-done=true]').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await screen.rows(screen.packets).first().click({ button: 'right' })
    await page.getByRole('menu').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await screen.filter.fill('tcp.')
    await page.getByRole('option').first().waitFor()
    expect(await findings(page)).toEqual([])
  })
})
