import { spawnSync } from 'node:child_process'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import type * as electronStandIn from './electron-stand-in.ts'

const root = join(import.meta.dirname, '../..')
const entry = pathToFileURL(join(root, 'out/main/electron.js')).href
const standIn = pathToFileURL(join(root, 'test/support/electron-stand-in.ts')).href

/** Brings out/ up to date; costs nothing when it is. */
export function build(...targets: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...targets], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The build failed:\n${stderr}`)
}

let loads = 0

/**
 * Loads the built main process anew, with the stand-in for `electron`, in a settings folder of the test's, as if started with these
 * arguments. `prepare` may set the stand-in up before the app's first line runs.
 */
export async function startDesktop(options: {
  readonly config: string
  readonly args?: readonly string[]
  readonly prepare?: (electron: ElectronStandIn) => void
}) {
  const marker = `?load=${++loads}`
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'electron') return { url: standIn + marker, shortCircuit: true, format: 'module-typescript' }
      const resolved = next(specifier, context)
      // The modules of out/ are loaded anew as well, so that no state is left from the test before.
      const isOurs =
        context.parentURL?.endsWith(marker) &&
        resolved.url.startsWith('file:') &&
        !resolved.url.includes('node_modules')
      return isOurs ? { ...resolved, url: resolved.url + marker } : resolved
    },
  })
  const { argv } = process
  vi.stubEnv('HOPSCOPE_CONFIG', options.config)
  process.argv = ['/path/electron', root, ...(options.args ?? [])]
  onTestFinished(() => {
    hooks.deregister()
    process.argv = argv
    vi.unstubAllEnvs()
  })
  const electron: ElectronStandIn = await nativeImport(standIn + marker)
  options.prepare?.(electron)
  await nativeImport(entry + marker)
  return electron
}

export type ElectronStandIn = typeof electronStandIn

const nativeImport: (url: string) => Promise<ElectronStandIn> = createRequire(import.meta.url)('./native-import.cjs')
