import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'

const PROJECT = resolve(import.meta.dirname, '../../..')

/** `hopscope serve` as a person would start it, with settings of its own. */
export interface App extends AsyncDisposable {
  /** With the token that lets a browser in. */
  readonly url: string
  /** Of its process. */
  readonly pid: number
  /** Its standard input. */
  readonly input: Writable
  /** A folder that goes when the app does. */
  readonly folder: string
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>
}

/** Starts the built command line; `files` are open in the page it serves. */
export function startApp(...files: readonly string[]): Promise<App> {
  // No cluster of the machine it runs on.
  return startAppWith({ KUBECONFIG: '/nowhere/kubeconfig' }, files)
}

/** As startApp, with more in its environment, and with `first` on its standard input, which then stays open. */
export async function startAppWith(
  environment: Readonly<Record<string, string>>,
  files: readonly string[] = [],
  first?: Uint8Array,
): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-e2e-'))
  const server = spawn(process.execPath, [join(PROJECT, 'out/main/cli.js'), 'serve', ...files], {
    env: {
      ...process.env,
      HOPSCOPE_CONFIG: join(folder, 'config'),
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // What is shown may come from there, in steps.
  const input = server.stdin
  input.on('error', () => undefined)
  if (first) input.write(first)
  else input.end()
  const url = await firstLine(server)
  return {
    url,
    pid: server.pid ?? 0,
    input,
    folder,
    async kill() {
      server.kill('SIGKILL')
      await once(server, 'exit')
    },
    async [Symbol.asyncDispose]() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM')
        await once(server, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function firstLine(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error('the server has no output')
  for await (const line of createInterface(server.stdout)) return line
  throw new Error('hopscope serve ended without a URL')
}

const SAMPLES = join(PROJECT, 'resources/samples')

interface SampleFacts {
  readonly name: string
  readonly file: string
  readonly expected: Readonly<Record<string, number>>
}

/** A built-in sample: its file, and what was found in it when it was made. */
export function sample(name: string): {
  readonly file: string
  readonly path: string
  readonly packets: number
  readonly resets: number
} {
  const list: readonly SampleFacts[] = JSON.parse(readFileSync(join(SAMPLES, 'samples.json'), 'utf8'))
  const found = list.find((each) => each.name === name)
  if (!found) throw new Error(`there is no sample ${name}`)
  const { packets, resets } = found.expected
  return { file: found.file, path: join(SAMPLES, found.file), packets, resets }
}
