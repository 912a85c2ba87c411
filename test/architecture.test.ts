import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contractInputs } from '../common/contract.ts'
import { ALLOWED, DEBT, MAX_LINES } from './architecture.ts'
import type { Debt, Layer } from './architecture.ts'

// Holds ARCHITECTURE.md's table of who may import what (as data in architecture.ts) against every import there is.

const root = join(import.meta.dirname, '..')
/** What tests beside it share; nothing else imports it. */
const TESTING = /\/testing\//
const files = ['common', 'engine', 'main', 'preload', 'renderer'].flatMap((folder) => sourcesIn(folder))
const imports = files.flatMap(importsOf)
const tooLong = files.filter((file) => text(file).split('\n').length > MAX_LINES)

describe('the layers', () => {
  it('are known for every source file', () => {
    expect(files.filter((file) => layerOf(file) === undefined)).toEqual([])
  })

  it.each(ALLOWED.map((layer) => [layer.name, layer] as const))('%s imports only what it may', (_, layer) => {
    const broken = imports
      .filter(({ from }) => layerOf(from) === layer)
      .filter((each) => !mayImport(layer, each) && !isDebt(each))
      .map(({ from, to, typeOnly }) => `${from} imports ${to}${typeOnly ? ' (types)' : ''}: ${layer.rule}`)
    expect(broken).toEqual([])
  })

  it('have no debt that is paid already', () => {
    const isOwed = ({ from, to }: Debt) =>
      to === 'length' ? tooLong.includes(from) : imports.some((each) => each.from === from && each.to === to)
    expect(DEBT.filter((debt) => !isOwed(debt))).toEqual([])
  })

  it('keep what tests share to the tests', () => {
    expect(imports.filter(({ to }) => TESTING.test(to)).map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })

  it('have no import that leads nowhere', () => {
    const ours = imports.filter(({ to }) => /^(common|engine|main|preload|renderer)\//.test(to))
    expect(ours.filter(({ to }) => !existsSync(join(root, to))).map(({ from, to }) => `${from}: ${to}`)).toEqual([])
  })
})

describe('the contract', () => {
  it.each(Object.keys(contractInputs))('has a service for its section %s', (section) => {
    expect(
      existsSync(join(root, `main/services/${section}.ts`)) ||
        existsSync(join(root, `main/services/${section}/index.ts`)),
    ).toBe(true)
  })

  it('is one file, and knows no service', () => {
    const known = imports.filter(({ from }) => from === 'common/contract.ts').map(({ to }) => to)
    expect(known.filter((to) => to !== 'zod/mini' && !to.startsWith('common/model/'))).toEqual([])
  })
})

describe('the kernel', () => {
  it('has no `export ... from`, of which its compiler makes a second module with a state of its own', () => {
    const again = files.filter(
      (file) => file.startsWith('engine/kernel/') && /^export\s*(\*|\{[^}]*\})[\s\w]*from\b/m.test(text(file)),
    )
    expect(again).toEqual([])
  })
})

describe('the names', () => {
  it('of files are kebab-case and say what is inside', () => {
    const vague = /(^|[-/])(utils?|helpers?|manager|misc|common-stuff|impl)([-./]|$)/
    const bad = files.filter((file) => {
      const name = file.slice(file.lastIndexOf('/') + 1)
      return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.tsx?$/.test(name) || vague.test(file)
    })
    expect(bad).toEqual([])
  })

  it('of modules are exported: no defaults', () => {
    const withDefault = files.filter((file) => /^export default /m.test(text(file)))
    expect(withDefault).toEqual([])
  })
})

describe('the files', () => {
  it(`stay readable: at most ${MAX_LINES} lines, or a reason in the list of debt`, () => {
    const long = tooLong.filter((file) => !DEBT.some(({ from, to }) => from === file && to === 'length'))
    expect(long).toEqual([])
  })
})

interface Import {
  /** Both from the project's folder on; a package keeps its name. */
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function layerOf(file: string): Layer | undefined {
  // The most specific one comes first in the table.
  return ALLOWED.find((layer) => layer.files.test(file))
}

function mayImport(layer: Layer, { from, to, typeOnly }: Import): boolean {
  const own = /^renderer\/features\/([^/]+)\//.exec(from)?.[1]
  if (own !== undefined && to.startsWith(`renderer/features/${own}/`)) return true
  const allowed = typeOnly ? [...layer.imports, ...(layer.types ?? [])] : layer.imports
  return allowed.some((pattern) => pattern.test(to))
}

function isDebt({ from, to }: Import): boolean {
  return DEBT.some((debt) => debt.from === from && debt.to === to)
}

/** Static and dynamic imports, re-exports, and the files of workers. */
function importsOf(file: string): Import[] {
  const code = text(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  const statement = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^'"();]*?\sfrom\s*)?['"]([^'"]+)['"]/g
  for (const [, , isType, names = '', name = ''] of code.matchAll(statement)) {
    const allTypes =
      /^\{[^}]*\}/.test(names) &&
      names
        .replace(/\}.*$/s, '')
        .slice(1)
        .split(',')
        .every((each) => each.trim() === '' || each.trim().startsWith('type '))
    found.push({ from: file, to: resolve(file, name), typeOnly: isType !== undefined || allTypes })
  }
  for (const [, name = ''] of code.matchAll(/import\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ from: file, to: resolve(file, name), typeOnly: false })
  }
  for (const [, name = ''] of code.matchAll(/new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g)) {
    found.push({ from: file, to: resolve(file, name), typeOnly: false })
  }
  return found
}

function resolve(file: string, name: string): string {
  if (name.startsWith('.')) return relative(root, join(root, dirname(file), name)).replace(/\?.*$/, '')
  return builtinModules.includes(name) ? `node:${name}` : name
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$|\.d\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !TESTING.test(file))
    .toSorted()
}

function text(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
