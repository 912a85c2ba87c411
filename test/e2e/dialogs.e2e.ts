import { describe, expect, it } from 'vitest'
import { appInBrowser } from './support/app-in-browser.ts'
import { findings } from './support/axe.ts'
import { takePicture } from './support/browser.ts'
import { Screen } from './support/screen.ts'

const { open } = appInBrowser()

const DIALOGS: readonly (readonly [name: string, key: string, focused: string])[] = [
  ['Keys and colours', '?', ''],
  ['Commands', 'Control+k', 'Command'],
  ['Go to packet', 'Control+g', 'Number of the packet'],
  ['Export packets', 'Control+e', 'All packets'],
  ['Part of the capture', 'Shift+P', 'From'],
  ['Add a note', 'm', 'Note'],
]

describe('every dialog', () => {
  it.each(['light', 'dark'] as const)('keeps the focus, and gives it back on Escape (%s)', async (colorScheme) => {
    await using opened = await open('sample=loss-episode&frame=3', { colorScheme })
    const { page, complaints } = opened
    const screen = new Screen(page)
    await screen.read()
    await screen.packets.focus()
    const isInside = () => page.evaluate(() => document.querySelector('dialog')?.contains(document.activeElement))
    for (const [name, key, label] of DIALOGS) {
      await page.keyboard.press(key)
      const dialog = page.getByRole('dialog', { name, exact: true })
      await dialog.waitFor()
      expect(await isInside()).toBe(true)
      if (label !== '') {
        const first = dialog.getByLabel(label, { exact: true }).first()
        expect(await first.evaluate((element) => element === document.activeElement)).toBe(true)
      }
      await takePicture(page, `dialog-${name.toLowerCase().replaceAll(' ', '-')}-${colorScheme}`)
      expect(await findings(page)).toEqual([])
      // What lies below is out of reach, with keys and without.
      expect(await screen.packets.evaluate((grid) => grid.matches(':focus-within'))).toBe(false)
      for (let i = 0; i < 4; i++) await page.keyboard.press('Tab')
      expect(await screen.packets.evaluate((grid) => grid.matches(':focus-within'))).toBe(false)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      expect(await screen.packets.evaluate((grid) => grid === document.activeElement)).toBe(true)
    }
    expect(complaints).toEqual([])
  })
})
