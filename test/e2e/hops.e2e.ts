import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { rejectedAtTwoPoints } from '../support/rejected.ts'
import { captureOf, lookupsAtTwoPoints, seenAtTwoPoints } from '../support/two-points.ts'
import { folderOfThisFile } from '../support/temporary-folder.ts'
import { appInBrowser } from './support/app-in-browser.ts'
import { startApp } from './support/app.ts'
import { findings } from './support/axe.ts'
import { takePicture } from './support/browser.ts'

const file = join(folderOfThisFile(), 'both.pcapng')

describe('hops of a capture with two points', { timeout: 120_000 }, () => {
  const { open } = appInBrowser(() => {
    const { near, far } = seenAtTwoPoints()
    writeFileSync(file, captureOf({ web: near, db: far }))
    return startApp(file)
  })

  it('are a list, and a lost segment is a key away from its packet', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Hops', exact: true }).waitFor()
    await page.keyboard.press('h')
    const hops = page.getByRole('grid', { name: 'Hops', exact: true })
    await hops.getByRole('row', { name: /web → db/ }).waitFor()
    expect(await hops.getByRole('row', { name: /web → db/ }).innerText()).toMatch(/3\s+1\s+33 %/)
    await page.getByText('1 segment died on the way from web to db.').waitFor()
    const lost = page.getByRole('grid', { name: 'Lost, rejected, made or unanswered' })
    await lost.getByRole('row', { name: /after 210 ms.*TCP 0/ }).click()
    await page.getByRole('grid', { name: 'Packets' }).locator('[aria-selected=true]', { hasText: '300' }).waitFor()
    expect(new URL(page.url()).searchParams.get('list')).toBe('hops')
    // Inside the packet and back, where one was.
    await page.keyboard.press('Enter')
    await page.locator('[role=tree]:focus').waitFor()
    await page.keyboard.press('Escape')
    await lost.and(page.locator(':focus')).waitFor()
    await page.locator('.pane[aria-label=Hops] .pane-count', { hasText: '1 lost' }).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'hops-light')
    // What a third point captured can be added.
    await page.getByRole('button', { name: 'Add a capture of another point…' }).press('Enter')
    await page.getByRole('dialog', { name: 'Add a capture of another point' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    // One hop's alone, and back: by the button, by a second click, by Esc.
    const back = hops.getByRole('row', { name: /db → web/ })
    const ofBack = page.getByRole('grid', { name: 'Lost, rejected or made db → web' })
    await back.click()
    await ofBack.getByText('Nothing was lost on this hop').waitFor()
    await page.getByRole('button', { name: 'Show all hops' }).click()
    await lost.waitFor()
    await hops.and(page.locator(':focus')).waitFor()
    await back.click()
    await ofBack.waitFor()
    await back.click()
    await lost.waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('grid', { name: /^Lost, rejected or made \S+ → \S+$/ }).waitFor()
    await page.keyboard.press('Escape')
    await lost.waitFor()
    // F6 goes around and finds the list again.
    await page.keyboard.press('F6')
    await page.getByRole('grid', { name: 'Packets' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Shift+F6')
    await hops.and(page.locator(':focus')).waitFor()
    expect(complaints).toEqual([])
  })
})

describe('hops of lookups', { timeout: 120_000 }, () => {
  const lookups = join(folderOfThisFile(), 'lookups.pcapng')
  const { open } = appInBrowser(() => {
    writeFileSync(lookups, captureOf(lookupsAtTwoPoints()))
    return startApp(lookups)
  })

  it('say first where a query died, and which one was not answered', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Hops', exact: true }).waitFor()
    await page.keyboard.press('h')
    await page.getByText('1 of 23 DNS queries died on the way from pod to node.').waitFor()
    await page.getByText('1 DNS query came to node, and no answer from there.').waitFor()
    const packets = page.getByRole('grid', { name: 'Lost, rejected, made or unanswered' })
    await packets
      .getByRole('row', { name: /lost pod → node.*sent again after 5\.00 s.*DNS query A lost\.shop.*UDP 3/ })
      .waitFor()
    await packets.getByRole('row', { name: /unanswered behind node.*DNS query A silent\.shop/ }).click()
    await page
      .getByRole('grid', { name: 'Packets', exact: true })
      .locator('[aria-selected=true]', { hasText: 'silent.shop' })
      .waitFor()
    expect(await findings(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('hops with rejections', { timeout: 120_000 }, () => {
  const rejected = join(folderOfThisFile(), 'rejected.pcapng')
  const [pod, node] = ['shop/web-5f7d9c6b8-x2k4p eth0', 'worker-node-2 eth0']
  const { open } = appInBrowser(() => {
    const [near, far] = rejectedAtTwoPoints()
    writeFileSync(rejected, captureOf({ [pod]: near, [node]: far }))
    return startApp(rejected)
  })

  it.each([
    ['light', 1280, 800],
    ['dark', 1920, 1080],
  ] as const)('count them, and tell where and why, %s at %i px', async (colorScheme, width, height) => {
    await using opened = await open(undefined, { colorScheme, viewport: { width, height } })
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Hops', exact: true }).waitFor()
    await page.keyboard.press('h')
    const hops = page.getByRole('grid', { name: 'Hops', exact: true })
    const there = hops.getByRole('row', { name: `${pod} → ${node}` })
    await there.waitFor()
    // Packets, lost, rejected.
    expect(await there.innerText()).toMatch(/7\s+0\s+1/)
    const packets = page.getByRole('grid', { name: 'Lost, rejected, made or unanswered' })
    const [on, behind] = [
      packets.getByRole('row', { name: /^0\.100 / }),
      packets.getByRole('row', { name: /^0\.201 / }),
    ]
    const cell = (row: Locator, column: string) => row.locator(`[data-column=${column}]`)
    expect(await cell(on, 'place').textContent()).toBe(`${pod} → ${node}`)
    expect(await cell(on, 'followed').textContent()).toBe('ICMP communication administratively filtered')
    expect(await cell(behind, 'place').textContent()).toBe(`behind ${node}`)
    expect(await cell(behind, 'followed').textContent()).toBe('ICMP port unreachable')
    // Of both points something is to be read, and the rest where the pointer rests.
    for (const point of await cell(there, 'hop').locator('.hop-name > span').all()) {
      expect((await point.boundingBox())?.width).toBeGreaterThan(10)
    }
    const ofSecond = cell(there, 'hop').locator('.hop-name > :last-child')
    expect((await ofSecond.boundingBox())?.width).toBeGreaterThan(60)
    await cell(there, 'hop').hover()
    expect(await cell(there, 'hop').getAttribute('title')).toBe(`${pod} → ${node}`)
    expect(await cell(on, 'followed').evaluate((each) => each.scrollWidth > each.clientWidth)).toBe(false)
    expect(await findings(page)).toEqual([])
    await takePicture(page, `hops-rejected-${colorScheme}`)
    expect(complaints).toEqual([])
  })

  it('are gone through by keys alone: to a hop, its packet, inside it, and all the way back', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Hops', exact: true }).waitFor()
    await page.keyboard.press('h')
    const focused = page.locator(':focus')
    const hops = page.getByRole('grid', { name: 'Hops', exact: true })
    await hops.and(focused).waitFor()
    await page.keyboard.press('ArrowDown')
    const ofHop = page.getByRole('grid', { name: `Lost, rejected or made ${pod} → ${node}` })
    await ofHop.waitFor()
    // Where they died its name says.
    expect(await ofHop.getByRole('columnheader', { name: 'Where' }).count()).toBe(0)
    await page.keyboard.press('Enter')
    await ofHop.and(focused).waitFor()
    await page.keyboard.press('ArrowDown')
    await ofHop.locator('[aria-selected=true]', { hasText: 'administratively filtered' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('[role=tree]:focus').waitFor()
    await page.keyboard.press('Escape')
    await ofHop.and(focused).waitFor()
    await page.keyboard.press('Escape')
    await hops.and(focused).waitFor()
    await ofHop.waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('grid', { name: 'Lost, rejected, made or unanswered' }).waitFor()
    await hops.and(focused).waitFor()
    expect(complaints).toEqual([])
  })
})

describe('hops of a capture with one point', { timeout: 120_000 }, () => {
  const near = join(folderOfThisFile(), 'the near end.pcapng')
  const { open } = appInBrowser(() => {
    writeFileSync(near, captureOf({ web: seenAtTwoPoints().near }))
    return startApp(near)
  })

  it('are no tab; asked for they say what is wanting, and what joins it with others', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.getByRole('tab', { name: 'Conversations' }).waitFor()
    expect(await page.getByRole('tab', { name: 'Hops', exact: true }).count()).toBe(0)
    await page.keyboard.press('h')
    await page.getByRole('heading', { name: 'One point captured' }).waitFor()
    await page.getByRole('button', { name: 'Add a capture of another point…' }).waitFor()
    expect(await findings(page)).toEqual([])
    await takePicture(page, 'hops-one-point')
    expect(complaints).toEqual([])
  })
})
