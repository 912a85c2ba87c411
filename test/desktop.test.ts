import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { contractInputs } from '../common/contract.ts'
import { callRemote } from '../renderer/app/host-link.ts'
import { build, startDesktop } from './support/built-main.ts'
import type { ElectronStandIn } from './support/built-main.ts'
import { eventually } from './support/eventually.ts'
import { messageChannelMain } from './support/electron-ports.ts'
import { captureFile, opened, started } from './support/started-desktop.ts'
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

  it("is the installed program's to Windows", async () => {
    const settings = await readFile(join(import.meta.dirname, '../electron-builder.yml'), 'utf8')
    expect((await started()).electron.app.userModelId).toBe(/^appId: (.*)$/m.exec(settings)?.[1])
  })

  it('is on disk before the app ends', async () => {
    const config = temporaryFolder()
    const { electron, window } = await started({ config })
    window.bounds = { x: 1, y: 2, width: 900, height: 600 }
    window.close()
    await eventually(() => expect(electron.app.ended).toEqual([0]))
    expect(JSON.parse(await readFile(join(config, 'window.json'), 'utf8'))).toMatchObject({ bounds: window.bounds })
  })

  it('may be closed before its page is there', async () => {
    const electron = await startDesktop({
      config: temporaryFolder(),
      prepare: ({ BrowserWindow }) => {
        // As Electron does: what was asked for will never be loaded.
        BrowserWindow.prototype.loadURL = async function () {
          this.close()
          throw new Error("ERR_FAILED (-2) loading 'hopscope://app/'")
        }
      },
    })
    await eventually(() => expect(electron.app.ended).toEqual([0]))
    expect(electron.dialog.shown).toEqual([])
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
