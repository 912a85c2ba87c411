import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RpcSession } from 'capnweb'
import { MessageTransport } from '../../common/message-transport.ts'
import { callRemote } from '../../renderer/app/host-link.ts'
import type { RemoteHost } from '../../renderer/app/host-link.ts'
import { startDesktop } from './built-main.ts'
import type { ElectronStandIn } from './built-main.ts'
import { messageChannelMain } from './electron-ports.ts'
import { eventually } from './eventually.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface StartOptions {
  readonly config?: string
  readonly args?: readonly string[]
  readonly prepare?: (electron: ElectronStandIn) => void
}

/** The built main process with its window on screen, and ways to speak to it as its page would. */
export async function started({ config = temporaryFolder(), ...rest }: StartOptions = {}) {
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

/** Has the host open a file of this text. */
export async function opened(electron: ElectronStandIn, text: string): Promise<{ id: string; path: string }> {
  const path = await captureFile(text)
  const source = await callRemote(connectAs(electron), 'captures', 'openFile', [path])
  if (typeof source !== 'object' || source === null || !('id' in source)) throw new Error('openFile() gave no capture.')
  return { id: String(source.id), path }
}

export async function captureFile(text: string, name = 'capture.pcap'): Promise<string> {
  const path = join(temporaryFolder(), name)
  await writeFile(path, text)
  return path
}
