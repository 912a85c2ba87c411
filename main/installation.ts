import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as z from 'zod/mini'

/** Where this Hopscope lies on disk: a checkout, or the archive of the packed app. */
export interface Installation {
  readonly version: string
  /** Built page: index.html and its assets. */
  readonly page: string
  /** Built preload script, for Electron. */
  readonly preload: string
  /** Sample captures and samples.json. */
  readonly samples: string
}

const PackageFile = z.object({ name: z.string(), version: z.string() })

/** Works from the sources (main/) and from the built files (out/main/, out/main/chunks/). */
export function findInstallation(): Installation {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) {
      const { name, version } = PackageFile.parse(JSON.parse(readFileSync(file, 'utf8')))
      if (name === 'hopscope') return at(folder, version)
    }
    if (dirname(folder) === folder) throw new Error(`${import.meta.dirname} is not inside an installation of Hopscope.`)
  }
}

function at(root: string, version: string): Installation {
  // Packed, samples lie beside the archive as plain files: they are read by offset and may be opened by other programs.
  const resources = basename(root) === 'app.asar' ? dirname(root) : join(root, 'resources')
  return {
    version,
    page: join(root, 'out/renderer'),
    preload: join(root, 'out/preload/index.cjs'),
    samples: join(resources, 'samples'),
  }
}
