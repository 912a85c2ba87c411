import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { makePrivateFolder } from './private-folder.ts'

// Between a terminal and a login plugin: the plugin has the terminal for its questions, but what it prints is the credential, which must
// not get on a screen, into a log or a recording. So it is started by a small process that hands its output to a local socket of ours.
// A pipe would do as well, but a pseudo-terminal passes on no other file; a file would leave a credential on a disk.

const OUTPUT_LIMIT = 1 << 20

/**
 * Run by `node -e`, with the socket, the command and its arguments behind it. Always these same words: what comes from a kubeconfig is an
 * argument. Ctrl-C is for the plugin, whose exit code this one takes over. It ends once the other side has taken everything.
 */
const WRAPPER = `
const [address, command, ...args] = process.argv.slice(1)
delete process.env.ELECTRON_RUN_AS_NODE
for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {})
let status = 1
const line = require('node:net').connect(address)
line.on('error', () => {})
line.on('close', () => process.exit(status))
line.on('connect', () => {
  const child = require('node:child_process').spawn(command, args, { stdio: ['inherit', 'pipe', 'inherit'] })
  child.on('error', ({ code, message }) => {
    status = code === 'ENOENT' ? 127 : 126
    process.stderr.write((code === 'ENOENT' ? command + ' was not found in PATH.' : message) + '\\n')
    line.end()
  })
  child.stdout.pipe(line, { end: false })
  child.on('close', (code, signal) => {
    if (status === 1) status = signal ? 128 + require('node:os').constants.signals[signal] : code
    line.end()
  })
})
`

/** Where what a wrapped command prints arrives. */
export interface PrintedOutput {
  /** The command to start in the place of the wrapped one; `env` is to be added to its environment. */
  wrap(
    command: string,
    args: readonly string[],
  ): { readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  /** What has been printed: all of it, once the wrapper has exited. */
  text(): string
  close(): Promise<void>
}

export async function receivePrinted(): Promise<PrintedOutput> {
  const onWindows = process.platform === 'win32'
  const folder = onWindows ? undefined : await makePrivateFolder('hopscope-login-')
  const address = folder ? join(folder.path, 'printed') : `\\\\.\\pipe\\hopscope-login-${randomUUID()}`
  const parts: Buffer[] = []
  let size = 0
  const server = createServer((socket) => {
    // One command, one line to it.
    server.close()
    socket.on('error', () => undefined)
    socket.on('data', (part) => {
      size += part.length
      if (size <= OUTPUT_LIMIT) parts.push(part)
    })
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(address, resolve)
  const close = async () => {
    server.close()
    await folder?.remove()
  }
  try {
    await listening
  } catch (error) {
    await close()
    throw error
  }
  return {
    wrap: (command, args) => ({
      file: process.execPath,
      args: ['-e', WRAPPER, '--', address, command, ...args],
      env: { ELECTRON_RUN_AS_NODE: '1' },
    }),
    text: () => Buffer.concat(parts).toString('utf8'),
    close,
  }
}
