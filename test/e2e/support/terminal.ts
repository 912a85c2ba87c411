import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** The rows on the screen of the terminal that has the focus. */
export async function screenText(page: Page): Promise<string> {
  const rows = await page.locator('.terminal.focused .xterm-rows > div').allInnerTexts()
  return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n')
}

/** Loads the page again with terminals that are drawn with elements: their text can be read here. */
export async function drawWithElements(page: Page): Promise<void> {
  await page.evaluate(() => localStorage.setItem('hopscope.terminals', JSON.stringify({ webgl: false })))
  await page.reload()
}

/** Types into the terminal that has the focus, once its shell runs. */
export async function typeInto(page: Page, text: string): Promise<void> {
  await page.locator('.terminal.focused[data-terminal=running]').waitFor()
  await page.locator('.terminal.focused .xterm-helper-textarea').focus()
  await page.keyboard.type(text)
}

/** Waits until keys go to the terminal that has the focus, as they do by themselves where it was asked for. */
export async function hasKeys(page: Page): Promise<void> {
  const isThere = () => document.activeElement?.matches('.terminal.focused .xterm-helper-textarea') === true
  await expect.poll(() => page.evaluate(isThere)).toBe(true)
}
