import type { Locator, Page } from 'playwright-core'

/** The parts of the window as a person would name them. */
export class Screen {
  readonly page: Page
  readonly conversations: Locator
  readonly packets: Locator
  readonly inspector: Locator
  readonly timeAxis: Locator
  readonly filter: Locator
  readonly status: Locator

  constructor(page: Page) {
    this.page = page
    this.conversations = page.getByRole('grid', { name: 'Conversations' })
    this.packets = page.getByRole('grid', { name: 'Packets' })
    this.inspector = page.getByRole('region', { name: 'Inspector' })
    this.timeAxis = page.getByRole('slider', { name: 'Time' })
    this.filter = page.getByRole('combobox', { name: 'Display filter' })
    this.status = page.getByRole('contentinfo', { name: 'Status' })
  }

  /** Waits until the capture has been read to its end and all panes show what was read. */
  async read(): Promise<void> {
    await this.status.waitFor()
    await this.page.getByRole('progressbar').waitFor({ state: 'detached' })
    await this.packets.waitFor()
    await this.page.locator('.pane[aria-busy=true]').first().waitFor({ state: 'detached' })
    await this.settled()
  }

  /** Findings come first where there are any: most tests are about what is behind them. */
  async settled(): Promise<void> {
    await this.page.getByRole('tab', { name: 'Conversations' }).click()
    await this.conversations.waitFor()
    await this.page.locator('.pane[aria-busy=true]').first().waitFor({ state: 'detached' })
  }

  /** Number of rows in a list, also those not on screen. */
  async count(grid: Locator): Promise<number> {
    return Number(await grid.getAttribute('aria-rowcount')) - 1
  }

  /** The rows on screen, without the head. */
  rows(grid: Locator): Locator {
    return grid.locator('.grid-body-row')
  }

  /** The texts of one column, for the rows on screen. */
  async column(grid: Locator, key: string): Promise<readonly string[]> {
    return grid.locator(`.grid-body-row [data-column=${key}]`).allInnerTexts()
  }

  /** Waits until `grid` has exactly `count` rows. */
  async counts(grid: Locator, count: number): Promise<void> {
    await this.page.waitForFunction(([element, rows]) => element?.getAttribute('aria-rowcount') === String(rows), [
      await grid.elementHandle(),
      count + 1,
    ] as const)
  }

  async applyFilter(text: string): Promise<void> {
    await this.filter.fill(text)
    await this.filter.press('Enter')
  }

  /** Drags over the time axis between two shares of its width. */
  async brush(from: number, to: number): Promise<void> {
    const box = await this.timeAxis.boundingBox()
    if (!box) throw new Error('the time axis is not on screen')
    const y = box.y + box.height / 2
    await this.page.mouse.move(box.x + box.width * from, y)
    await this.page.mouse.down()
    await this.page.mouse.move(box.x + box.width * ((from + to) / 2), y)
    await this.page.mouse.move(box.x + box.width * to, y)
    await this.page.mouse.up()
    // Away from the axis: under the pointer the numbers at its side are those of one moment.
    await this.page.mouse.move(2, 2)
  }
}
