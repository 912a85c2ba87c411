import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RpcSession } from 'capnweb'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { contractInputs } from '../common/contract.ts'
import { MessageTransport } from '../common/message-transport.ts'
import { callRemote } from '../renderer/app/host-link.ts'
import type { RemoteHost } from '../renderer/app/host-link.ts'
import { build, startDesktop } from './support/built-main.ts'
import type { ElectronStandIn } from './support/built-main.ts'
import { eventually } from './support/eventually.ts'
import { messageChannelMain } from './support/electron-ports.ts'
import type { StandInMenuItem } from './support/electron-stand-in.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// The main process as it is shipped (out/main/electron.js), in an Electron that only records.

beforeAll(() => build('main', 'preload'), 60_000)

describe('the window', () => {
  it('keeps the page in a sandbox', async () => {
    const { window } = await started()
    expect(window.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      devTools: false,
    })
    expect(window.url).toBe('hopscope://app/')
    expect(window.shown).toBe(true)
  })

  it('opens no other windows, frames or views, and goes nowhere else', async () => {
    const { window } = await started()
    const contents = window.webContents
    expect(contents.windowOpenHandler?.({ url: 'https://example.org' })).toEqual({ action: 'deny' })
    const prevented = (event: string, details: object) => {
      const preventDefault = vi.fn()
      contents.emit(event, { preventDefault, ...details })
      return preventDefault.mock.calls.length > 0
    }
    expect(prevented('will-attach-webview', {})).toBe(true)
    expect(prevented('will-redirect', { url: 'https://example.org/' })).toBe(true)
    for (const url of [
      'https://example.org/',
      'file:///etc/passwd',
      'hopscope://evil/',
      'hopscope://app/capture/x',
      'about:blank',
      'junk',
    ]) {
      expect(prevented('will-frame-navigate', { url, isMainFrame: true }), url).toBe(true)
    }
    expect(prevented('will-frame-navigate', { url: 'hopscope://app/', isMainFrame: false })).toBe(true)
    expect(prevented('will-frame-navigate', { url: 'hopscope://app/?capture=file-1', isMainFrame: true })).toBe(false)
  })

  it('opens links of the web in the browser, after asking and showing where they lead, and nothing else', async () => {
    const { window, electron } = await started()
    const { dialog, shell } = electron
    const ask = async (url: string, response: number) => {
      dialog.messageAnswer = { response }
      expect(window.webContents.windowOpenHandler?.({ url })).toEqual({ action: 'deny' })
      // What is asked is asked at once; what is opened is opened when it was answered.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ask('https://example.org/a?b', 1)
    expect(dialog.shown).toMatchObject([{ detail: 'https://example.org/a?b', defaultId: 1, cancelId: 1 }])
    expect(shell.opened).toEqual([])
    await ask('https://exämple.org/', 0)
    expect(shell.opened).toEqual(['https://xn--exmple-cua.org/'])
    for (const url of ['file:///etc/passwd', 'ssh://host', 'javascript:alert(1)', 'smb://host/share', 'junk', ''])
      await ask(url, 0)
    expect(dialog.shown).toHaveLength(2)
    expect(shell.opened).toHaveLength(1)
  })

  it('grants no permission but to copy', async () => {
    const { electron } = await started()
    const { defaultSession } = electron.session
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'openExternal',
      'clipboard-read',
      'usb',
      'fileSystem',
    ]) {
      const decide = vi.fn()
      defaultSession.askPermission(undefined, permission, decide)
      expect(decide).toHaveBeenCalledWith(false)
      expect(defaultSession.checkPermission(undefined, permission)).toBe(false)
    }
    expect(defaultSession.checkPermission(undefined, 'clipboard-sanitized-write')).toBe(true)
    expect(defaultSession.checkDevice()).toBe(false)
  })

  it('opens where it was left, maximised if it was', async () => {
    const config = temporaryFolder()
    const first = await started({ config })
    first.window.bounds = { x: 100, y: 50, width: 1000, height: 700 }
    first.window.maximised = true
    first.window.close()
    await eventually(() => expect(first.electron.app.ended).toEqual([0]))
    const second = await started({ config })
    expect(second.window.options).toMatchObject({ x: 100, y: 50, width: 1000, height: 700 })
    expect(second.window.maximised).toBe(true)
  })

  it.each([
    ['the screen it was on is gone', { x: 4000, y: 50, width: 1000, height: 700 }],
    ['its title bar would be above the screen', { x: 100, y: -600, width: 1000, height: 700 }],
    ['only a sliver of it would be visible', { x: 1900, y: 50, width: 1000, height: 700 }],
  ])('opens at a place of the system when %s', async (_, bounds) => {
    const config = temporaryFolder()
    await writeFile(join(config, 'window.json'), JSON.stringify({ bounds, maximised: false }))
    const { window } = await started({ config })
    expect(window.options).toMatchObject({ width: 1440, height: 920 })
    expect(window.options).not.toHaveProperty('x')
  })

  it("has the page's own background, so that nothing flashes before the page has drawn", async () => {
    const tokens = await readFile(join(import.meta.dirname, '../renderer/styles/tokens.css'), 'utf8')
    const [, light, dark] = /--ground: light-dark\((#\w+), (#\w+)\)/.exec(tokens) ?? []
    expect((await started()).window.options).toMatchObject({ backgroundColor: light })
    const prepare = ({ nativeTheme }: ElectronStandIn) => (nativeTheme.shouldUseDarkColors = true)
    expect((await started({ prepare })).window.options).toMatchObject({ backgroundColor: dark })
  })

  it('is on disk before the app ends', async () => {
    const config = temporaryFolder()
    const { electron, window } = await started({ config })
    window.bounds = { x: 1, y: 2, width: 900, height: 600 }
    window.close()
    await eventually(() => expect(electron.app.ended).toEqual([0]))
    expect(JSON.parse(await readFile(join(config, 'window.json'), 'utf8'))).toMatchObject({ bounds: window.bounds })
  })

  it('offers to load the page again when its process crashed', async () => {
    const { electron, window } = await started()
    window.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    await eventually(() => expect(window.webContents.reloads).toBe(1))
    expect(electron.dialog.shown).toMatchObject([{ message: 'The interface stopped working.' }])
  })
})

describe('the scheme', () => {
  it('is registered as a secure origin with fetch and streams, before the app is ready', async () => {
    const { electron } = await started()
    expect(electron.protocol.schemes).toEqual([
      {
        scheme: 'hopscope',
        privileges: {
          standard: true,
          secure: true,
          supportFetchAPI: true,
          stream: true,
          codeCache: true,
          corsEnabled: false,
        },
      },
    ])
  })

  it('serves captures by ranges', async () => {
    const { electron, ask } = await started()
    const { id } = await opened(electron, '0123456789')
    const whole = await ask(`/capture/${id}`)
    expect([whole.status, await whole.text()]).toEqual([200, '0123456789'])
    const part = await ask(`/capture/${id}`, { range: 'bytes=2-4' })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234'])
    const tail = await ask(`/capture/${id}`, { range: 'bytes=-3' })
    expect([tail.status, await tail.text()]).toEqual([206, '789'])
    const behind = await ask(`/capture/${id}`, { range: 'bytes=10-' })
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, 'bytes */10'])
  })

  it('follows a file from an offset, over what was appended since it was opened', async () => {
    const { electron, ask } = await started()
    const { id, path } = await opened(electron, '0123456789')
    await appendFile(path, 'abc')
    const answer = await ask(`/capture/${id}?follow=1&from=8`)
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, null, '89abc'])
  })

  it('reads large captures as the page takes them, and stops when it leaves', async () => {
    const { electron, ask } = await started()
    const { id } = await opened(electron, 'x'.repeat(20 << 20))
    const before = process.memoryUsage().arrayBuffers
    const reader = (await ask(`/capture/${id}`)).body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    await reader?.cancel()
  })

  it('says why it cannot', async () => {
    const { ask } = await started()
    const answer = await ask('/capture/file-00')
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { code: 'not-found', message: expect.stringContaining('open it again') },
    ])
    expect((await ask('/capture/../../etc/passwd')).status).toBe(404)
    expect((await ask('/%2e%2e/%2e%2e/package.json')).status).toBe(404)
    expect((await ask('/', {}, 'POST')).status).toBe(400)
    expect((await ask('/', {}, 'GET', 'hopscope://other')).status).toBe(404)
  })

  it('sends every answer under the strict policy', async () => {
    const { ask } = await started()
    for (const path of ['/nothing.js', '/capture/file-00']) {
      const { headers } = await ask(path)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      // Compiles WebAssembly, and no text.
      expect(headers.get('content-security-policy')?.replace("'wasm-unsafe-eval'", '')).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})

describe('the door', () => {
  it('answers every section of the contract over a port', async () => {
    const { connect } = await started()
    const remote = connect()
    for (const [section, methods] of Object.entries(contractInputs)) {
      for (const [method, inputs] of Object.entries(methods)) {
        // Given what is no argument, every method that takes one says so; the others answer.
        const args = inputs.map(() => Symbol.for('not an argument').description)
        const answer = await callRemote(remote, section, method, args).then(
          () => 'answered',
          (error: { code: string }) => error.code,
        )
        expect(['answered', 'invalid-argument', 'not-found'], `${section}.${method}`).toContain(answer)
      }
    }
    expect(await callRemote(remote, 'app', 'facts', [])).toMatchObject({ door: 'desktop', hasFileDialog: true })
  })

  it.each([
    ['another origin', { url: 'https://example.org/', parent: null }],
    ['a frame inside the page', { url: 'hopscope://app/', parent: {} }],
    ['no frame that is still there', null],
  ])('closes the port of %s', async (_, senderFrame) => {
    const { electron, window } = await started()
    const { port1, port2 } = messageChannelMain()
    const closed = new Promise((resolve) => port2.on('close', resolve))
    electron.ipcMain.emit('hopscope:connect', { ports: [port1], sender: window.webContents, senderFrame })
    await closed
  })

  it('closes the port of contents that are no window of ours', async () => {
    const { electron } = await started()
    const { port1, port2 } = messageChannelMain()
    const closed = new Promise((resolve) => port2.on('close', resolve))
    const stranger = new electron.StandInContents(99)
    electron.ipcMain.emit('hopscope:connect', {
      ports: [port1],
      sender: stranger,
      senderFrame: { url: 'hopscope://app/', parent: null },
    })
    await closed
  })

  it("shows the system's dialog and opens what was chosen", async () => {
    const { electron, connect } = await started()
    const path = await captureFile('0123')
    electron.dialog.openAnswer = { canceled: false, filePaths: [path] }
    expect(await callRemote(connect(), 'captures', 'chooseFile', [])).toMatchObject({ path, size: 4 })
    expect(electron.app.recentDocuments).toEqual([path])
  })

  it("adds the kubeconfig file that was chosen in the system's dialog, and nothing when it was cancelled", async () => {
    const config = temporaryFolder()
    const { electron, connect } = await started({ config })
    const remote = connect()
    electron.dialog.openAnswer = { canceled: true, filePaths: [] }
    expect(await callRemote(remote, 'clusters', 'chooseFile', [])).toBe(false)
    const path = await captureFile('no kubeconfig')
    electron.dialog.openAnswer = { canceled: false, filePaths: [path] }
    await expect(callRemote(remote, 'clusters', 'chooseFile', [])).rejects.toMatchObject({ code: 'unsupported' })
    await writeFile(path, 'contexts: [{name: added-here, context: {cluster: c, user: u}}]\n')
    expect(await callRemote(remote, 'clusters', 'chooseFile', [])).toBe(true)
    expect(JSON.parse(await readFile(join(config, 'contexts.json'), 'utf8'))).toMatchObject({ files: [path] })
    expect(electron.app.recentDocuments).toEqual([])
  })
})

describe('the preload', () => {
  it('hands one end of a channel to the main process and one to the page, and only to the page itself', async () => {
    const code = await readFile(join(import.meta.dirname, '../out/preload/index.cjs'), 'utf8')
    const toMain: unknown[][] = []
    const toPage: unknown[][] = []
    const electron = { ipcRenderer: { postMessage: (...args: unknown[]) => toMain.push(args) } }
    let listener: ((event: object) => void) | undefined
    const page = {
      addEventListener: (_: string, added: typeof listener) => (listener = added),
      postMessage: (...args: unknown[]) => toPage.push(args),
    }
    class Channel {
      readonly port1 = 'for main'
      readonly port2 = 'for the page'
    }
    // oxlint-disable-next-line typescript/no-implied-eval -- our own build, with the page's world in place of the globals
    const run = new Function('require', 'window', 'location', 'MessageChannel', code)
    run(() => electron, page, { origin: 'hopscope://app' }, Channel)

    listener?.({ source: page, origin: 'https://example.org', data: 'hopscope:connect' })
    listener?.({ source: {}, origin: 'hopscope://app', data: 'hopscope:connect' })
    listener?.({ source: page, origin: 'hopscope://app', data: 'something else' })
    expect([toMain, toPage]).toEqual([[], []])
    listener?.({ source: page, origin: 'hopscope://app', data: 'hopscope:connect' })
    expect(toMain).toEqual([['hopscope:connect', undefined, ['for main']]])
    expect(toPage).toEqual([['hopscope:port', 'hopscope://app', ['for the page']]])
  })
})

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

interface StartOptions {
  readonly config?: string
  readonly args?: readonly string[]
  readonly prepare?: (electron: ElectronStandIn) => void
}

async function started({ config = temporaryFolder(), ...rest }: StartOptions = {}) {
  const electron = await startDesktop({ config, ...rest })
  const window = await eventually(() => {
    const [first] = electron.BrowserWindow.all
    if (!first?.shown) throw new Error('There is no window yet.')
    return first
  })
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', origin = 'hopscope://app') => {
    const handler = electron.protocol.handlers.get('hopscope')
    if (!handler) throw new Error('The scheme has no handler.')
    return handler(new Request(origin + path, { method, headers }))
  }
  /** As the preload of the first window would. */
  const connect = () => connectAs(electron)
  const commands = {
    async next(): Promise<unknown> {
      const remote = connect()
      const stream = await callRemote(remote, 'app', 'watchCommands', [])
      if (!(stream instanceof ReadableStream)) throw new Error('watchCommands() gave no stream.')
      const reader = stream.getReader()
      const { value } = await reader.read()
      await reader.cancel()
      return value
    },
  }
  return { electron, window, ask, connect, commands }
}

function connectAs({ ipcMain, BrowserWindow }: ElectronStandIn): RemoteHost {
  const { port1, port2 } = messageChannelMain()
  const sender = BrowserWindow.all[0]?.webContents
  ipcMain.emit('hopscope:connect', {
    ports: [port1],
    sender,
    senderFrame: { url: 'hopscope://app/?capture=x', parent: null },
  })
  const line = new MessageTransport({ send: (frame) => port2.postMessage(frame), close: () => port2.close() })
  port2.on('message', (event) => line.deliver(event.data))
  port2.start()
  return new RpcSession<RemoteHost>(line).getRemoteMain()
}

async function opened(electron: ElectronStandIn, text: string): Promise<{ id: string; path: string }> {
  const path = await captureFile(text)
  const source = await callRemote(connectAs(electron), 'captures', 'openFile', [path])
  if (typeof source !== 'object' || source === null || !('id' in source)) throw new Error('openFile() gave no capture.')
  return { id: String(source.id), path }
}

async function captureFile(text: string, name = 'capture.pcap'): Promise<string> {
  const path = join(temporaryFolder(), name)
  await writeFile(path, text)
  return path
}

function flat(items: readonly StandInMenuItem[]): StandInMenuItem[] {
  return items.flatMap((item) => [item, ...flat(item.submenu ?? [])])
}

function click({ Menu }: ElectronStandIn, label: string): void {
  const item = flat(Menu.current).find((each) => each.label === label)
  if (!item?.click) throw new Error(`The menu has no "${label}".`)
  item.click()
}
