import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { PcapWriter } from '../../engine/capture-file/pcap-writer.ts'
import { captureOf, seenAtTwoPoints, type Sighting } from '../support/two-points.ts'
import { folderOfThisFile } from '../support/temporary-folder.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { startApp, type App } from './support/app.ts'
import { findings } from './support/axe.ts'
import { dropFiles, takePicture } from './support/browser.ts'

const folder = folderOfThisFile()
const { near, far } = seenAtTwoPoints()
const DAY = 86_400_000_000_000n
const LOOKS = [
  ['light', 1280, 800],
  ['dark', 1280, 800],
  ['light', 1920, 1080],
  ['dark', 1920, 1080],
] as const

function pcapOf(sightings: readonly Sighting[]): Uint8Array {
  const writer = new PcapWriter({ linkType: 1 })
  for (const { time, bytes, length } of sightings) writer.packet(time, bytes, length)
  return writer.take()
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const libraryOf = (app: App) => join(app.folder, 'config', 'captures')
const kept = (app: App) =>
  (existsSync(libraryOf(app)) ? readdirSync(libraryOf(app)) : []).toSorted((a, b) => (a < b ? -1 : 1))
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })
const hopsOf = (page: Page) => page.getByRole('grid', { name: 'Hops', exact: true })

describe('captures of two points', { timeout: 120_000 }, () => {
  const here = appInBrowser(() => {
    const anchor = { kind: 'packet', frame: 3, time: String(near[2].time) }
    const put = { id: 'a-note', anchor, text: 'nobody saw it again', createdAt: 1, editedAt: 1 }
    write('web.pcap.hopscope-notes.jsonl', Buffer.from(`${JSON.stringify({ at: 1, put })}\n`))
    return startApp(write('web.pcap', pcapOf(near)), write('db.pcapng', captureOf({ eth0: far })))
  })

  it('are joined from the one that is open, with keys alone, and the way back is to the one', async () => {
    await using opened = await here.open()
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Conversations' }).waitFor()
    await page.keyboard.press('h')
    const add = page.getByRole('button', { name: 'Add a capture of another point…' })
    await add.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    const dialog = dialogOf(page, 'Add a capture of another point')
    const choice = dialog.getByRole('region', { name: 'Recent' }).getByRole('button', { name: 'db.pcapng' })
    await choice.and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Space')
    await choice.and(page.locator('[aria-pressed=true]')).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'join-two-light')
    await page.keyboard.press('Control+Enter')
    await hopsOf(page)
      .getByRole('row', { name: /web → db/ })
      .waitFor()
    await page.getByText('1 segment died on the way from web to db.').waitFor()
    expect(await page.locator('.top-name').innerText()).toMatch(/^web-and-db_/)
    // The note is on the same packet, which is another one's number now.
    const [name] = kept(here.app)
    expect(kept(here.app)).toEqual([name, `${name}.capture.json`, `${name}.hopscope-notes.jsonl`])
    const notes = readFileSync(join(libraryOf(here.app), `${name}.hopscope-notes.jsonl`), 'utf8')
    expect(JSON.parse(notes.trim())).toMatchObject({ put: { text: 'nobody saw it again', anchor: { frame: 5 } } })
    await takePicture(page, 'join-hops-light')
    await page.goBack()
    await page.locator('.top-name', { hasText: /^web\.pcap$/ }).waitFor()
    await add.waitFor()
    expect(complaints).toEqual([])
  })
})

describe('files that are dropped together', { timeout: 120_000 }, () => {
  const here = appInBrowser()

  it('are joined, more can be dropped, and one be taken off', async () => {
    await using opened = await here.open()
    const { page, complaints } = opened
    await page.locator('main.start').waitFor()
    await dropFiles(page, { 'web.pcap': pcapOf(near), 'other.pcap': pcapOf(near) })
    const dialog = dialogOf(page, 'Join captures')
    await dialog.getByText('2 captures').waitFor()
    await dropFiles(page, { 'db.pcap': pcapOf(far) })
    await dialog.getByText('3 captures').waitFor()
    await dialog.getByRole('button', { name: 'Take other.pcap off' }).click()
    await dialog.getByText('2 captures').waitFor()
    await takePicture(page, 'join-dropped-light')
    await dialog.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByText('1 segment died on the way from web to db.').waitFor()
    expect(complaints).toEqual([])
  })

  it('tell in the library what they were joined of', async () => {
    await using opened = await here.open('screen=cluster&place=captures')
    const { page, complaints } = opened
    const row = page
      .getByRole('grid', { name: 'Captures' })
      .getByRole('row', { name: /web and db/ })
      .first()
    await row.click()
    await page.getByText('Joined from web.pcap, db.pcap').waitFor()
    expect(await page.getByRole('button', { name: 'Again', exact: true }).count()).toBe(0)
    await takePicture(page, 'join-library-light')
    expect(complaints).toEqual([])
  })

  it('of different times are asked about, and what is not wanted leaves nothing', async () => {
    await using opened = await here.open()
    const { page, complaints } = opened
    await page.locator('main.start').waitFor()
    const before = kept(here.app)
    const later = far.map((one) => ({ ...one, time: one.time + DAY }))
    await dropFiles(page, { 'web.pcap': pcapOf(near), 'db.pcap': pcapOf(later) })
    await dialogOf(page, 'Join captures').getByRole('button', { name: 'Join', exact: true }).click()
    const asking = dialogOf(page, 'Are these captures of one time?')
    await asking.getByText(/were not captured at the same time/).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'join-doubts-light')
    await page.keyboard.press('Enter')
    await dialogOf(page, 'Join captures').waitFor()
    await expect.poll(() => kept(here.app)).toEqual(before)
    await dialogOf(page, 'Join captures').getByRole('button', { name: 'Join', exact: true }).click()
    await asking.getByRole('button', { name: 'Open all the same' }).click()
    // A clock that is wrong by a day.
    await page.getByText('1 segment died on the way from web to db.').waitFor()
    expect(complaints).toEqual([])
  })

  it('show how far they are, and Esc gives up without a trace', async () => {
    await using opened = await here.open()
    const { page, complaints } = opened
    await page.locator('main.start').waitFor()
    const before = kept(here.app)
    const held = Promise.withResolvers<void>()
    await page.route('**/capture/joined-*', async (route) => {
      await held.promise
      await route.abort()
    })
    await dropFiles(page, { 'web.pcap': pcapOf(near), 'db.pcap': pcapOf(far) })
    const dialog = dialogOf(page, 'Join captures')
    await dialog.getByText('2 captures').waitFor()
    await page.keyboard.press('Control+Enter')
    const joining = dialogOf(page, 'Joining')
    const bar = joining.getByRole('progressbar')
    const shares = async () => {
      const [whole, done] = await Promise.all([bar.boundingBox(), bar.locator('i').boundingBox()])
      return (
        Math.round((100 * (done?.width ?? 0)) / (whole?.width ?? 1)) - Number(await bar.getAttribute('aria-valuenow'))
      )
    }
    await expect.poll(shares).toBe(0)
    await expect.poll(() => bar.getAttribute('aria-valuenow')).not.toBe('0')
    expect(await shares()).toBe(0)
    await joining.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor()
    await expect.poll(() => kept(here.app).length).toBe(before.length + 2)
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'join-progress-light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'join-progress-dark')
    await page.keyboard.press('Escape')
    await dialog.getByText('2 captures').waitFor()
    await expect.poll(() => kept(here.app)).toEqual(before)
    held.resolve()
    expect(complaints).toEqual([])
  })

  it('of which one is none say which and why', async () => {
    await using opened = await here.open()
    const { page } = opened
    await page.locator('main.start').waitFor()
    const before = kept(here.app)
    await dropFiles(page, { 'web.pcap': pcapOf(near), 'notes.txt': Buffer.from('what I saw on Tuesday') })
    const dialog = dialogOf(page, 'Join captures')
    await dialog.getByRole('button', { name: 'Join', exact: true }).click()
    await dialog
      .getByRole('alert')
      .getByText(/^notes\.txt can't be joined: /)
      .waitFor()
    await takePicture(page, 'join-error-light')
    await expect.poll(() => kept(here.app)).toEqual(before)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })
})

describe('what can be joined', { timeout: 120_000 }, () => {
  const START = Number(near[0].time / 1_000_000n)
  const here = appInBrowser(async () => {
    const app = await startApp(write('client.pcap', pcapOf(near)))
    mkdirSync(libraryOf(app), { recursive: true })
    for (let n = 0; n < 24; n++) {
      const name = `shop-web-${n}_2027-01-15T08-00-${10 + n}.pcapng`
      const at = START + (n % 5 === 0 ? 0 : -n * 3_600_000)
      const order = {
        context: 'kind-prod',
        title: `shop/web-${n}`,
        targets: [{ kind: 'node', node: 'a' }],
        filter: '',
        snapLength: 0,
      }
      const about = { version: 1, title: `shop/web-${n}`, context: 'kind-prod', startedAt: at, endedAt: at + 60_000 }
      const points = [`shop/web-7f9c6b8-x${n}`, `node worker-${n % 3}`]
      const more = { state: 'complete', points, packets: 5, pid: 1, order }
      writeFileSync(join(libraryOf(app), name), captureOf({ [`shop/web-${n} eth0`]: far }))
      writeFileSync(join(libraryOf(app), `${name}.capture.json`), JSON.stringify({ ...about, ...more }))
    }
    return app
  })

  it.each(LOOKS)('is offered by time, %s at %i px', async (colorScheme, width, height) => {
    await using opened = await here.open(undefined, { colorScheme, viewport: { width, height } })
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Conversations' }).waitFor()
    await page.keyboard.press('h')
    await takePicture(page, `join-one-point-${colorScheme}-${width}`)
    await page.getByRole('button', { name: 'Add a capture of another point…' }).click()
    const dialog = dialogOf(page, 'Add a capture of another point')
    const same = dialog.getByRole('region', { name: 'Captured at the same time' }).getByRole('button')
    await same.nth(4).waitFor()
    expect(await same.count()).toBe(5)
    expect(await dialog.getByRole('region', { name: 'Captured at other times' }).getByRole('button').count()).toBe(19)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await dialog.getByText('2 captures').waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, `join-many-${colorScheme}-${width}`)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })
})
