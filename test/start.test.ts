import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from './support/built-main.ts'
import { eventually } from './support/eventually.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// `npm start`, as far as it goes without Electron: a program of the test's takes its place.

const root = join(import.meta.dirname, '..')
const isRoot = process.getuid?.() === 0

beforeAll(() => build(), 60_000)

describe.runIf(process.platform === 'linux')('npm start', () => {
  it('serves to the browser, and says why, where there is no display', async () => {
    const { says, url } = start([])
    expect(await url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=/)
    expect(says()).toBe('No window, because there is no display here; serving the same to the browser.\n')
  })

  it('serves without a word when it is told to', async () => {
    const { says, url } = start(['--serve'], { DISPLAY: ':99' })
    await url()
    expect(says()).toBe('')
  })

  it.runIf(isRoot)('does not open a window without a sandbox unless it is told to', async () => {
    const { says, url } = start([], { DISPLAY: ':99' })
    await url()
    expect(says()).toContain('No window, because Electron keeps no sandbox for root (start it as another user, or with')
  })

  it('opens the window with the files, named from where the person is', async () => {
    const { program, started } = electron('exit 0')
    const here = temporaryFolder()
    const { ended } = start(['--no-sandbox', 'a capture.pcap', '/b.pcap'], {
      DISPLAY: ':99',
      ELECTRON_OVERRIDE_DIST_PATH: program,
      npm_lifecycle_event: 'start',
      INIT_CWD: here,
    })
    expect(await ended).toBe(0)
    expect(started()).toEqual(['--no-sandbox', root, join(here, 'a capture.pcap'), '/b.pcap'])
  })

  it('serves to the browser, and says so, when the window fails at once', async () => {
    const { program } = electron('exit 7')
    const { says, url } = start(['--no-sandbox'], { DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: program })
    await url()
    expect(says()).toBe('No window, because Electron ended at once with code 7; serving the same to the browser.\n')
  })

  it('passes on that it should end', async () => {
    const { child, url, ended } = start(['--serve'])
    await url()
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('says how it is used when it is used wrongly', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/start.mjs'), '--wrong'], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toContain("Unknown option '--wrong'")
    expect(stderr).toContain('Usage: npm start --')
    expect(stderr).not.toContain('    at ')
  })
})

describe('a lock between processes', () => {
  it('lets one in at a time, and takes over from one that died', async () => {
    const folder = join(root, '.cache/test-of-locks.lock')
    mkdirSync(folder, { recursive: true })
    // A process that has ended: its number is no longer anyone's.
    const { pid } = spawnSync(process.execPath, ['-e', '0'])
    writeFileSync(join(folder, 'pid'), String(pid))
    const log = join(temporaryFolder(), 'log')
    const script = `
      import { appendFileSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      import { withLock } from '${join(root, 'scripts/steps/lock.mjs')}'
      await withLock('test-of-locks', async () => {
        appendFileSync('${log}', 'in ')
        await setTimeout(50)
        appendFileSync('${log}', 'out ')
      })`
    const runs = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]))
    await Promise.all(runs.map((run) => new Promise((resolve) => run.on('exit', resolve))))
    expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4))
  })
})

function electron(behaviour: string) {
  const program = temporaryFolder()
  const log = join(program, 'arguments')
  writeFileSync(join(program, 'electron'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\n${behaviour}\n`)
  chmodSync(join(program, 'electron'), 0o755)
  return { program, started: () => readFileSync(log, 'utf8').trimEnd().split('\n') }
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...rest } = process.env
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs'), ...args], {
    cwd: root,
    env: { ...rest, HOPSCOPE_CONFIG: temporaryFolder(), ...env },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (said.stderr += String(chunk)))
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const url = () => eventually(() => expectUrl(said.stdout))
  return { child, ended, url, says: () => said.stderr }
}

function expectUrl(stdout: string): string {
  const url = stdout.trim()
  expect(url).toMatch(/^http:/)
  return url
}
