// How long a key takes until its letter is on screen, from the page through the host to a pod and back; and the raw exec's share of it.
import { once } from 'node:events'
import type { Page } from 'playwright-core'
import type { ApiConnection } from '../../../main/kubernetes/api-connection.ts'
import { openExec } from '../../../main/kubernetes/exec-stream.ts'

const KEYS = 300
const EVERY_MS = 25

/** Milliseconds of each key, of a program that reads: the echo is the terminal's in the pod. */
export async function rawEchoes(connection: ApiConnection): Promise<readonly number[]> {
  const heard = new EventTarget()
  const place = { namespace: 'default', pod: 'web', container: 'app', command: ['cat'], stdin: true, tty: true }
  const stream = await openExec(connection, place, { stdout: () => void heard.dispatchEvent(new Event('bytes')) })
  const echoes: number[] = []
  for (let i = 0; i < KEYS; i++) {
    const echo = once(heard, 'bytes')
    const began = performance.now()
    stream.write(Buffer.from('x'))
    await echo
    echoes.push(performance.now() - began)
    await new Promise((next) => setTimeout(next, EVERY_MS))
  }
  stream.close()
  return echoes
}

/** The same in the page whose terminal has the focus: until the letter is in the page's rows, drawn with elements. */
export async function shownEchoes(page: Page): Promise<readonly number[]> {
  await page.keyboard.type('clear; cat\n')
  await page.waitForTimeout(1000)
  return page.evaluate(
    async ({ keys, every }) => {
      const rows = document.querySelector('.terminal.focused .xterm-rows')
      const area = document.querySelector('.terminal.focused .xterm-helper-textarea')
      if (!rows || !(area instanceof HTMLTextAreaElement)) throw new Error('no terminal has the focus')
      const letters = () => rows.textContent?.match(/x/g)?.length ?? 0
      const echoes: number[] = []
      for (let i = 0; i < keys; i++) {
        const before = letters()
        const shown = new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            if (letters() <= before) return
            observer.disconnect()
            resolve()
          })
          observer.observe(rows, { childList: true, subtree: true, characterData: true })
        })
        const began = performance.now()
        area.value = 'x'
        area.dispatchEvent(new InputEvent('input', { data: 'x', inputType: 'insertText', bubbles: true }))
        await shown
        echoes.push(performance.now() - began)
        await new Promise((next) => setTimeout(next, every))
      }
      return echoes
    },
    { keys: KEYS, every: EVERY_MS },
  )
}
