import { dialog, shell } from 'electron'
import type { BrowserWindow } from 'electron'

/** The address as it will be opened, when it is one of the web; anything else could start a program. */
function webAddress(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:' ? parsed.href : undefined
}

const asking = new WeakSet<BrowserWindow>()

/** Opens a link of a terminal in the system's browser, after showing where it really leads: whoever wrote the output chose its text. */
export async function openLink(window: BrowserWindow, url: string): Promise<void> {
  const address = webAddress(url)
  // One question at a time: a page that asks on and on is not heard.
  if (address === undefined || asking.has(window)) return
  asking.add(window)
  try {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: 'Open this link in the browser?',
      detail: address,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    })
    if (response === 0) await shell.openExternal(address)
  } finally {
    asking.delete(window)
  }
}
