import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { callRemote } from '../renderer/app/host-link.ts'
import { build, startDesktop } from './support/built-main.ts'
import type { ElectronStandIn } from './support/built-main.ts'
import type { StandInMenuItem } from './support/electron-stand-in.ts'
import { eventually } from './support/eventually.ts'
import { captureFile, started } from './support/started-desktop.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// What reaches the window from outside: files, other instances, the menu. As in desktop.test.ts.

beforeAll(() => build('main', 'preload'), 60_000)

describe('files and instances', () => {
  it('opens the files of its command line in the first window', async () => {
    const path = await captureFile('0123')
    const { window, connect } = await started({ args: ['--some-flag', path] })
    const id = /#open=(file-[0-9a-f]+)$/.exec(window.url)?.[1]
    expect(await callRemote(connect(), 'captures', 'source', [id])).toMatchObject({ path })
  })

  it('says what could not be opened, and opens the window all the same', async () => {
    const { electron, window } = await started({ args: ['/no/such.pcap'] })
    expect(window.url).toBe('hopscope://app/')
    expect(electron.dialog.shown).toMatchObject([{ detail: '/no/such.pcap: There is no such file.' }])
  })

  it('brings its window up and opens the files of a second instance in it', async () => {
    const { electron, window, commands } = await started()
    const path = await captureFile('0123')
    window.minimised = true
    electron.app.emit('second-instance', {}, ['electron', 'app', '--x', 'ignored'], '/tmp', { files: [path] })
    expect(await commands.next()).toMatchObject({ kind: 'open-capture', capture: { path } })
    expect([window.minimised, window.focused, electron.BrowserWindow.all.length]).toEqual([false, true, 1])
  })

  it('takes the file of a second instance that hands over only words', async () => {
    const { electron, commands } = await started()
    const path = await captureFile('0123')
    electron.app.emit('second-instance', {}, ['electron', 'app', '--x', 'capture.pcap'], join(path, '..'), undefined)
    expect(await commands.next()).toMatchObject({ capture: { path } })
  })

  it('ends at once, with its files handed over, when it is the second instance', async () => {
    const electron = await startDesktop({
      config: temporaryFolder(),
      args: ['/a.pcap', '--flag'],
      prepare: ({ app }) => (app.isFirstInstance = false),
    })
    expect(electron.app.lockData).toEqual({ files: ['/a.pcap'] })
    expect(electron.app.ended).toEqual([0])
    expect(electron.BrowserWindow.all).toEqual([])
  })

  it('opens what macOS opened with it, before and after there is a window', async () => {
    const [early, late] = await Promise.all([captureFile('0123'), captureFile('0123')])
    const preventDefault = vi.fn()
    const { electron, window, commands } = await started({
      prepare: ({ app }) => {
        app.whenReady = async () => void app.emit('open-file', { preventDefault }, early)
      },
    })
    expect(preventDefault).toHaveBeenCalled()
    expect(window.url).toContain('#open=file-')
    electron.app.emit('open-file', { preventDefault }, late)
    expect(await commands.next()).toMatchObject({ capture: { path: late } })
  })
})

describe('the menu', () => {
  it('has the usual places and keys, and developer tools only in development', async () => {
    const { electron } = await started()
    const items = flat(electron.Menu.current)
    expect(electron.Menu.current.map((item) => item.label)).toEqual(['&File', '&Edit', '&View', '&Help'])
    expect(items.find((item) => item.label === '&Open…')?.accelerator).toBe('CmdOrCtrl+O')
    expect(items.some((item) => item.role === 'toggleDevTools' || item.role === 'reload')).toBe(false)
    const keys = items.flatMap((item) => item.accelerator ?? [])
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('runs commands of the page', async () => {
    const { electron, commands } = await started()
    click(electron, '&Open…')
    expect(await commands.next()).toEqual({ kind: 'run', command: 'capture.open' })
  })

  it('lists recent captures, opens one, and clears them', async () => {
    const config = temporaryFolder()
    const path = await captureFile('0123', 'R&D.pcap')
    await mkdir(config, { recursive: true })
    await writeFile(join(config, 'recent-captures.json'), JSON.stringify([{ path, openedAt: 1 }]))
    const { electron, commands } = await started({ config })
    click(electron, path.replace('&', '&&'))
    expect(await commands.next()).toMatchObject({ kind: 'open-capture', capture: { path } })
    click(electron, 'Clear the List')
    await eventually(() => expect(flat(electron.Menu.current).some((item) => item.label === 'None Yet')).toBe(true))
  })

  it('changes the theme of the app, the windows and the menu itself', async () => {
    const { electron, connect } = await started()
    click(electron, 'Dark')
    await eventually(() => expect(electron.nativeTheme.themeSource).toBe('dark'))
    expect(flat(electron.Menu.current).find((item) => item.label === 'Dark')?.checked).toBe(true)
    expect(await callRemote(connect(), 'app', 'settings', [])).toEqual({ theme: 'dark' })
  })

  it('opens further windows, each with commands of its own', async () => {
    const { electron } = await started()
    click(electron, 'New Window')
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(2))
  })
})

function flat(items: readonly StandInMenuItem[]): StandInMenuItem[] {
  return items.flatMap((item) => [item, ...flat(item.submenu ?? [])])
}

function click({ Menu }: ElectronStandIn, label: string): void {
  const item = flat(Menu.current).find((each) => each.label === label)
  if (!item?.click) throw new Error(`The menu has no "${label}".`)
  item.click()
}
