import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
}

/** The built page's file for a URL path; undefined when there is none, or when the path leads out of the folder. */
export async function pageFile(folder: string, urlPath: string): Promise<PageFile | undefined> {
  const name = urlPath === '/' ? 'index.html' : decoded(urlPath)
  const type = name === undefined ? undefined : TYPES[extname(name)]
  if (name === undefined || type === undefined) return undefined
  try {
    const base = await realpath(folder)
    const path = await realpath(join(base, name))
    if (!path.startsWith(base + sep)) return undefined
    // The bundler puts a hash into the names under assets/, so those never change.
    const lasting = name.startsWith('/assets/')
    return {
      bytes: await readFile(path),
      headers: { 'content-type': type, 'cache-control': lasting ? 'max-age=31536000, immutable' : 'no-cache' },
    }
  } catch {
    return undefined
  }
}

function decoded(urlPath: string): string | undefined {
  try {
    const path = decodeURIComponent(urlPath)
    return path.includes('\0') || path.includes('\\') ? undefined : path
  } catch {
    return undefined
  }
}
