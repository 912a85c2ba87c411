import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { sample } from './support/app.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const MOST = 500
const { packets: PACKETS } = sample('loss-episode')

const { at, open } = appInBrowser()

/** The sample, of which fewer packets are kept than it has. */
async function openSample(page: Page, view = ''): Promise<Screen> {
  await page.evaluate((maxPackets) => {
    localStorage.setItem('hopscope.preferences', JSON.stringify({ maxPackets }))
  }, MOST)
  await page.goto('about:blank')
  await page.goto(at(`sample=loss-episode${view}`))
  const screen = new Screen(page)
  await screen.read()
  return screen
}

const firstNumber = async (screen: Screen) => (await screen.column(screen.packets, 'number'))[0]
const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Part of the capture' })

describe('a capture with more packets than are kept', () => {
  it('is read on, part by part, with the numbers and times of the file', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    const screen = await openSample(page)
    await screen.counts(screen.packets, MOST)
    await page.getByRole('button', { name: 'Choose a part' }).click()
    const dialog = dialogOf(page)
    await dialog.locator('[data-done=true]').waitFor()
    expect(await dialog.locator('[data-done=true]').innerText()).toMatch(`${PACKETS.toLocaleString('en')} packets in `)
    // What comes next is proposed.
    expect(await dialog.getByLabel('From').inputValue()).toBe('501')
    expect(await dialog.getByLabel('To').inputValue()).toBe('1000')
    await takePicture(page, 'part-dialog')
    await page.keyboard.press('Enter')

    await expect.poll(() => firstNumber(screen)).toBe('501')
    await screen.read()
    await screen.counts(screen.packets, 500)
    await page.getByText('Only packets 501 to 1,000 are shown.').waitFor()
    expect(new URL(page.url()).searchParams.get('part')).toBe('501-1000')
    await screen.rows(screen.packets).nth(3).click()
    await page.getByRole('treeitem', { name: /^Frame 504:/ }).waitFor()
    await takePicture(page, 'part-read')
    // A link names the packet of the file, whichever part is open.
    await expect.poll(() => new URL(page.url()).searchParams.get('frame')).toBe('504')
    const linked = new Screen(page)
    await page.goto('about:blank')
    await page.goto(at('sample=loss-episode&part=504-600&frame=504'))
    await page.getByRole('treeitem', { name: /^Frame 504:/ }).waitFor()
    await page.goto('about:blank')
    await page.goto(at('sample=loss-episode&part=2~&frame=504'))
    await page.getByRole('treeitem', { name: /^Frame 504:/ }).waitFor()
    await expect.poll(async () => Number(await firstNumber(linked))).toBeGreaterThan(1)
    await page.goto('about:blank')
    await page.goto(at('sample=loss-episode&part=501-1000&frame=4'))
    await page.getByText('Only packets 501 to 1,000 are shown, packet 4 is in front of them.').waitFor()
    await screen.read()
    await screen.applyFilter('frame.number == 600')
    await screen.counts(screen.packets, 1)
    expect(await firstNumber(screen)).toBe('600')

    // The overview is kept for the reload, as making it takes long.
    expect(await page.evaluate(() => sessionStorage.getItem('hopscope.overview'))).toContain('sample:loss-episode')
    await page.reload()
    await screen.read()
    await screen.counts(screen.packets, 1)
    expect(await firstNumber(screen)).toBe('600')
    expect(complaints).toEqual([])
  })

  it('is read from a time on that was brushed, and from the start again', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    const screen = await openSample(page, '&part=2001-')
    await expect.poll(() => firstNumber(screen)).toBe('2001')
    await screen.counts(screen.packets, PACKETS - 2000)
    await page.keyboard.press('Shift+P')
    const dialog = dialogOf(page)
    await dialog.locator('[data-done=true]').waitFor()
    const box = await dialog.locator('.part-strip').boundingBox()
    if (!box) throw new Error('the overview is not on screen')
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.55, box.y + 30)
    await page.mouse.move(box.x + box.width * 0.6, box.y + 30)
    await page.mouse.up()
    const from = Number(await dialog.getByLabel('From').inputValue())
    const to = Number(await dialog.getByLabel('To', { exact: true }).inputValue())
    expect(from).toBeGreaterThan(0)
    expect(to).toBeGreaterThan(from)
    await dialog.getByRole('button', { name: 'Read this part' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(async () => Number(await firstNumber(screen))).toBeLessThan(2001)
    await screen.read()
    const times = await screen.column(screen.packets, 'time')
    expect(Number(times[0])).toBeGreaterThanOrEqual(from)
    expect(Number(times[0])).toBeLessThan(to)

    await page.keyboard.press('Shift+P')
    await dialogOf(page).getByRole('button', { name: 'Read from the start' }).click()
    await expect.poll(() => firstNumber(screen)).toBe('1')
    expect(new URL(page.url()).searchParams.has('part')).toBe(false)
    expect(complaints).toEqual([])
  })

  it('says what there is where a part is empty', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('about:blank')
    await page.goto(at('sample=loss-episode&part=9000-'))
    await page
      .getByText(
        `There is nothing in this part: the capture has ${PACKETS.toLocaleString('en')} packets in front of it.`,
      )
      .waitFor()
  })
})
