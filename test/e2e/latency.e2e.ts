import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { open } = appInBrowser()

describe('latency', { timeout: 60_000 }, () => {
  it('leads from the 5 s lookups in the heat map to their packets, by keyboard', async () => {
    await using opened = await open('sample=dns-5s&list=latency')
    const { page, complaints } = opened
    const screen = new Screen(page)
    const measures = page.getByRole('table', { name: 'Measures' })
    await measures.getByRole('row', { name: /^DNS/ }).click()
    await expect.poll(() => measures.getByRole('row', { name: /^DNS/ }).innerText()).toMatch(/5\.\d+ s/)
    const map = page.getByRole('group', { name: /^DNS over time/ })
    await map.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => map.getAttribute('aria-label')).toMatch(/request/)
    await takePicture(page, 'latency-light')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Enter')
    await expect.poll(() => screen.filter.inputValue()).toMatch(/^frame\.number in \{/)
    await expect.poll(async () => (await screen.column(screen.packets, 'protocol')).join(' ')).toMatch(/^DNS/)

    await page.getByRole('button', { name: 'Requests' }).click()
    const requests = page.getByRole('grid', { name: 'Requests' })
    await screen.rows(requests).first().waitFor()
    // Who was slow is seen without scrolling sideways.
    const [to, grid] = [
      await requests.getByRole('columnheader', { name: 'To', exact: true }).boundingBox(),
      await requests.boundingBox(),
    ]
    expect((to?.x ?? Infinity) + (to?.width ?? 0)).toBeLessThan((grid?.x ?? 0) + (grid?.width ?? 0))
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'requests-dark')
    expect(complaints).toEqual([])
  })

  it('leads from the slowest pair of addresses to its packets, by keyboard, and says why there is none', async () => {
    await using opened = await open('sample=loss-episode&list=latency')
    const { page, complaints } = opened
    const screen = new Screen(page)
    await page.getByRole('button', { name: 'Pairs' }).click()
    const pairs = page.getByRole('grid', { name: 'Pairs of addresses' })
    const servers = async () => (await screen.column(pairs, 'server')).map((name) => name.split('.')[0])
    await expect.poll(servers).toEqual(['inventory', 'orders-1', 'prices-5f7c9d4d6f-8wz4n', 'orders-0'])
    await expect.poll(() => page.url()).toMatch(/list=latency/)
    await expect.poll(() => page.url()).toMatch(/times=pairs/)
    await takePicture(page, 'pairs-light')
    expect(await findings(page)).toEqual([])

    await pairs.getByRole('button', { name: 'To client n' }).click()
    const most = ['orders-0', 'orders-1', 'inventory', 'prices-5f7c9d4d6f-8wz4n']
    await expect.poll(servers).toEqual(most)
    await expect.poll(() => page.url()).toMatch(/timesort=-toClient/)
    await page.reload()
    await expect.poll(servers).toEqual(most)
    await pairs.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => pairs.locator('[aria-selected=true]').innerText()).toMatch(/orders-1/)
    await page.keyboard.press('Enter')
    await expect.poll(() => screen.filter.inputValue()).toBe('ip.addr == 10.244.1.17 && ip.addr == 10.244.2.22')
    await expect.poll(servers).toEqual(['orders-1'])
    await page.reload()
    await expect.poll(servers).toEqual(['orders-1'])

    await screen.applyFilter('http')
    await pairs.getByText(/^No round trip of the network alone, only \d+ ACKs with data/).waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'pairs-none-dark')
    expect(complaints).toEqual([])
  })

  it('shows the measure and the order that a link names', async () => {
    await using opened = await open('sample=dns-5s&list=latency')
    const { page, complaints } = opened
    const screen = new Screen(page)
    const measures = page.getByRole('table', { name: 'Measures' })
    const chosen = measures.locator('[aria-current=true]')
    // Requests are felt most.
    await expect.poll(() => chosen.innerText()).toMatch(/^DNS/)
    await measures.getByRole('row', { name: /to the client/ }).click()
    await page.getByRole('group', { name: /client over time/ }).waitFor()
    await expect.poll(() => page.url()).toMatch(/measure=rtt/)
    await using other = await open(new URL(page.url()).search.slice(1))
    await other.page.getByRole('group', { name: /client over time/ }).waitFor()

    await measures.getByRole('row', { name: /^DNS/ }).click()
    await page.getByRole('button', { name: 'Requests' }).click()
    const requests = page.getByRole('grid', { name: 'Requests' })
    await requests.getByRole('button', { name: 'Time' }).click()
    // The slowest was asked in second 21.
    const first = async () => (await screen.column(requests, 'time'))[0]
    await expect.poll(first).toBe('0.000')
    await expect.poll(() => page.url()).toMatch(/measure=dns&times=requests&timesort=time/)
    await page.reload()
    await expect.poll(first).toBe('0.000')
    expect(complaints).toEqual([])
  })

  it('is of the measure that was chosen in its lane, also in another capture and after a reload', async () => {
    await using opened = await open('sample=loss-episode')
    const { page, complaints } = opened
    const lane = page.locator('[data-lane="rtt"]')
    const choice = lane.getByRole('combobox', { name: 'Latency of' })
    await expect.poll(() => lane.innerText()).toMatch(/n [1-9]/)
    await choice.selectOption('dns')
    await page.getByText('No DNS request begins here').waitFor()
    await takePicture(page, 'lane-none-light')

    await page.getByRole('button', { name: /back to the start/ }).click()
    await page.getByRole('button', { name: /Name lookups that stall/ }).click()
    await expect.poll(() => lane.innerText()).toMatch(/max\s+5\.\d+ s/)
    expect(await choice.inputValue()).toBe('dns')
    await takePicture(page, 'lane-dns-light')
    await expect.poll(() => page.url()).toMatch(/sample=dns-5s.*latency=dns/)
    await page.reload()
    await expect.poll(() => lane.innerText()).toMatch(/max\s+5\.\d+ s/)
    expect(await choice.inputValue()).toBe('dns')
    await page.emulateMedia({ colorScheme: 'dark' })
    await takePicture(page, 'lane-dns-dark')
    expect(await findings(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
