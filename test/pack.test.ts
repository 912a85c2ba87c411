import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import asar from '@electron/asar'
import { parseSync } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { build } from './support/built-main.ts'
import { folderOfThisFile } from './support/temporary-folder.ts'

// Packs the app for real, around a stand-in for Electron's own files: an executable that says how it was started.

const root = join(import.meta.dirname, '..')
const packed = folderOfThisFile()
const app = join(packed, 'linux-unpacked')
const archive = join(app, 'resources/app.asar')

describe.runIf(process.platform === 'linux')('the packed app', () => {
  beforeAll(() => {
    build()
    pack()
  }, 180_000)

  it('holds the bundles, the page, and of node_modules only what is native', () => {
    const files = filesInArchive()
    expect(files).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/LICENSE',
        '/out/main/electron.js',
        '/out/main/cli.js',
        '/out/main/licenses.md',
        '/out/preload/index.cjs',
        '/out/renderer/index.html',
        '/out/renderer/licenses.md',
      ]),
    )
    const packages = files.flatMap((file) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
    expect([...new Set(packages)]).toEqual(['node-pty'])
  })

  it('holds no sources, tests, maps, settings of tools or build leftovers', () => {
    const unwanted =
      /\.(ts|tsx|map|test\.js|pdb|gyp|o|a|target\.mk)$|^\/(test|scripts|resources|engine|common|main|renderer|preload|\.[a-z])/
    expect(filesInArchive().filter((file) => unwanted.test(file))).toEqual([])
  })

  it("keeps node-pty's native part outside of the archive, where it can be loaded", () => {
    const native = filesInArchive().filter((file) => file.endsWith('.node'))
    expect(native).toHaveLength(1)
    const folder = join(app, 'resources/app.asar.unpacked')
    for (const file of native) expect(existsSync(join(folder, file)), file).toBe(true)
    const load = `process.stdout.write(typeof require(${JSON.stringify(join(folder, native[0] ?? ''))}).fork)`
    expect(spawnSync(process.execPath, ['-e', load], { encoding: 'utf8' }).stdout).toBe('function')
  })

  it('holds each of its entries whole: whatever they import is there, is native, is Node or is Electron', () => {
    const files = new Set(filesInArchive())
    const missing: string[] = []
    for (const file of files) {
      if (!/^\/out\/main\/.*\.js$/.test(file)) continue
      const code = asar.extractFile(archive, file.slice(1)).toString()
      for (const name of importedBy(code)) {
        const there = name.startsWith('.')
          ? files.has(join(file, '..', name))
          : /^(electron|node-pty)$/.test(name) || process.getBuiltinModule(name) !== undefined
        if (!there) missing.push(`${file} imports ${name}`)
      }
    }
    expect(missing).toEqual([])
    expect(importedBy(asar.extractFile(archive, 'out/main/electron.js').toString())).toContain('electron')
  })

  it('has the samples beside the archive, as files', () => {
    const listed: { file: string }[] = JSON.parse(readFileSync(join(app, 'resources/samples/samples.json'), 'utf8'))
    expect(listed.length).toBeGreaterThan(0)
    for (const { file } of listed) expect(existsSync(join(app, 'resources/samples', file)), file).toBe(true)
  })

  it('is small: what we ship beside Electron', () => {
    const own = [archive, `${archive}.unpacked`, join(app, 'resources/samples'), join(app, 'bin')]
    const sizes = own.map((path) => [path.slice(app.length + 1), sizeOf(path)] as const)
    for (const [name, size] of sizes) console.log(`packed: ${name} ${(size / 1e6).toFixed(2)} MB`)
    expect(sizes.reduce((total, [, size]) => total + size, 0)).toBeLessThan(12_000_000)
  })

  describe('its command', () => {
    const command = join(app, 'bin/hopscope')
    const run = (program: string, ...args: readonly string[]) =>
      spawnSync(program, args, { encoding: 'utf8', cwd: packed }).stdout.trim().split('\n')

    it('runs Electron as Node for a command, and as a window for files and for nothing', () => {
      expect(run(command, 'frames', 'a b.pcap')).toEqual([
        'as node: 1',
        `${app}/bin/../resources/app.asar/out/main/cli.js`,
        'frames',
        'a b.pcap',
      ])
      expect(run(command)).toEqual(['as node: no'])
      writeFileSync(join(packed, 'a capture.pcap'), '')
      expect(run(command, 'a capture.pcap')).toEqual(['as node: no', 'a capture.pcap'])
    })

    it('takes a command for one, whatever files and folders there are', () => {
      mkdirSync(join(packed, 'notes'))
      writeFileSync(join(packed, 'report'), '')
      for (const name of ['notes', 'report']) {
        expect(run(command, name)[0]).toBe('as node: 1')
        expect(run(command, `./${name}`)).toEqual(['as node: no', `./${name}`])
      }
    })

    it('finds the app through a link', () => {
      symlinkSync(command, join(packed, 'hopscope'))
      expect(run(join(packed, 'hopscope'), '--version').at(-1)).toBe('--version')
    })
  })
})

function pack(): void {
  const electron = join(packed, 'electron')
  for (const folder of ['locales', 'resources']) mkdirSync(join(electron, folder), { recursive: true })
  for (const file of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak'])
    writeFileSync(join(electron, file), 'stand-in')
  writeFileSync(join(electron, 'version'), '45.3.4')
  writeFileSync(join(electron, 'electron'), '#!/bin/sh\nprintf "%s\\n" "as node: ${ELECTRON_RUN_AS_NODE:-no}" "$@"\n')
  chmodSync(join(electron, 'electron'), 0o755)
  const config = join(packed, 'config.json')
  // Fuses are bytes inside Electron's real executable.
  const ours = {
    extends: join(root, 'electron-builder.yml'),
    electronDist: electron,
    electronVersion: '45.3.4',
    electronFuses: null,
  }
  writeFileSync(config, JSON.stringify({ ...ours, directories: { output: packed } }))
  const builder = join(root, 'node_modules/electron-builder/cli.js')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [builder, '--linux', '--dir', '--publish=never', '--projectDir', root, '--config', config],
    { encoding: 'utf8', cwd: root },
  )
  if (status !== 0) throw new Error(`electron-builder failed:\n${stdout}\n${stderr}`)
}

function filesInArchive(): string[] {
  return asar
    .listPackage(archive, { isPack: false })
    .filter((file) => !('files' in asar.statFile(archive, file.slice(1))))
}

/** What a module names in its imports, static and dynamic; from its syntax, since libraries show imports in comments too. */
function importedBy(code: string): string[] {
  const found: string[] = []
  JSON.stringify(parseSync('module.js', code).program, (key, value: unknown) => {
    const literal =
      key === 'source' && typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined
    if (typeof literal === 'string') found.push(literal)
    return typeof value === 'bigint' ? String(value) : value
  })
  return found
}

function sizeOf(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((total, name) => total + sizeOf(join(path, name)), 0)
}
