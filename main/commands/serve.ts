import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { keepPiped, type PipedCapture } from '../captures/piped-capture.ts'
import { Host } from '../host.ts'
import { findInstallation } from '../installation.ts'
import { startServer } from '../server.ts'
import type { BrowserServer } from '../server.ts'
import { dataFolder, userFolder } from '../user-folder.ts'
import { type Command, CommandError, endingSignals, Interrupted, UsageError } from './command.ts'
import { say } from './write-out.ts'

export const serve: Command = {
  name: 'serve',
  usage: '[--port N] [--open] [--demo] [FILE...]',
  summary: 'the interface, for a browser on this machine',
  help: `
Serves Hopscope's interface on 127.0.0.1 and prints the URL to open, with the token that lets a browser in.
The first FILE is open in it, the others are its recent captures. Runs until Ctrl+C.
FILE may be - for standard input, which is shown while it comes and kept with the captures:

  ssh node tcpdump -i any -U -w - | hopscope serve --open -

  --port N    listen on this port (default: any that is free)
  --open      open the URL in the default browser
  --demo      with a cluster of its own to try things on, and no other: real pods in network namespaces where this machine
              allows them (root on Linux), else recordings that are played again

From another machine, through a tunnel:  ssh -L 8080:127.0.0.1:PORT that-machine
and open the URL with 8080 in place of PORT.`,
  async run(args) {
    const { port, open, demo, files } = parse(args)
    const installation = findInstallation()
    if (!existsSync(join(installation.page, 'index.html'))) {
      throw new CommandError(
        'the interface is not built: run `npm run build` first, or start with `npm start -- --serve`.',
      )
    }
    // From now on: also what a demo cluster has made while it is being started is removed in order.
    const ending = interrupted()
    const stopped = ending.then((signal) => {
      throw new Interrupted(signal)
    })
    stopped.catch(() => undefined)
    const host = await Host.start({
      version: installation.version,
      userFolder: userFolder(),
      samplesFolder: installation.samples,
      dataFolder: dataFolder(),
      environment: () => Promise.resolve(process.env),
      demo,
      warn: (message) => say(`hopscope serve: ${message}`),
      report: (where, error) => say(`hopscope serve: ${where}: ${describe(error)}`),
      // Ctrl+C in a terminal ends the demo's processes too, and with them its start.
    }).catch((error: unknown) => Promise.race([stopped, Promise.reject(error)]))
    const pipes: PipedCapture[] = []
    let server: BrowserServer | undefined
    let signal: NodeJS.Signals
    try {
      const first = await Promise.race([stopped, openAll(host, files, pipes)])
      server = await listen(host, port, installation.page)
      const url = server.url(first)
      process.stdout.write(`${url}\n`)
      if (files.length > 1) {
        const others = files.length === 2 ? 'the other is' : 'the others are'
        process.stderr.write(
          `hopscope serve: the first capture is open, ${others} among its recent ones. Hops (H) joins them, and tells at which hop packets died; so does \`hopscope hops FILE...\`.\n`,
        )
      }
      if (open) openBrowser(server.ticketUrl(first))
      signal = await ending
    } finally {
      // Standard input of which nothing has come yet would be waited for.
      if (pipes.length === 0 && files.includes('-')) process.stdin.destroy()
      await Promise.all([server?.close(), host.close(), ...pipes.map((piped) => piped.stop())])
    }
    // Being stopped is how this command ends: not a failure for Ctrl+C.
    return signal === 'SIGINT' ? 0 : 128 + constants.signals[signal]
  },
}

/** The id of the first, where there are any; what is piped is added to `pipes`. */
async function openAll(host: Host, files: readonly string[], pipes: PipedCapture[]): Promise<readonly string[]> {
  let first: readonly string[] = []
  // The latest comes first among the recent ones.
  for (const file of files.toReversed()) {
    try {
      const piped = file === '-' ? await openPiped(host) : undefined
      if (piped) pipes.push(piped)
      const { id } = piped?.capture ?? (await host.captures.openFile(resolve(file)))
      first = [id]
    } catch (error) {
      throw new CommandError(describe(error))
    }
  }
  return first
}

async function openPiped(host: Host): Promise<PipedCapture> {
  const piped = await keepPiped(process.stdin, join(dataFolder(), 'captures'), host.captures)
  if (!piped) throw new CommandError('standard input ended before anything came.')
  const { capture, ended } = piped
  say(`hopscope serve: standard input is kept in ${capture.path}`)
  void ended.then(() => {
    if (capture.failure) say(`hopscope serve: it ended early. ${capture.failure.message}`)
  })
  return piped
}

function parse(args: readonly string[]): { port: number; open: boolean; demo: boolean; files: readonly string[] } {
  try {
    const flag = { type: 'boolean', default: false } as const
    const options = { port: { type: 'string' }, open: flag, demo: flag } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const port = Number(values.port ?? '0')
    if (!/^\d{0,5}$/.test(values.port ?? '0') || port > 65_535)
      throw new UsageError(`"${values.port}" is not a port: 0 to 65535.`)
    if (positionals.filter((file) => file === '-').length > 1) throw new UsageError('- can be named once.')
    return { port, open: values.open, demo: values.demo, files: positionals }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(describe(error))
  }
}

async function listen(host: Host, port: number, page: string): Promise<BrowserServer> {
  try {
    return await startServer(host, { port, page })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new CommandError(`port ${port} is in use: name another, or none to get a free one.`)
    if (code === 'EACCES') throw new CommandError(`port ${port} needs more rights: name one from 1024 on.`)
    throw error
  }
}

async function interrupted(): Promise<NodeJS.Signals> {
  const stop = new AbortController()
  const signals = endingSignals().map(async (name) => {
    await once(process, name, { signal: stop.signal })
    return name
  })
  try {
    return await Promise.race(signals)
  } finally {
    for (const signal of signals) signal.catch(() => undefined)
    stop.abort()
  }
}

/** Where there is a screen; a browser that cannot be started is no reason to stop serving. */
function openBrowser(url: string): void {
  const { platform, env } = process
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return
  const [program, ...args] =
    platform === 'darwin' ? ['open', url] : platform === 'win32' ? ['explorer.exe', url] : ['xdg-open', url]
  if (program)
    spawn(program, args, { stdio: 'ignore', detached: true })
      .on('error', () => undefined)
      .unref()
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
