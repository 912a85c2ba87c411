import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { inProject } from './project.mjs'

/** What each part of out/ is built from. Tests are no inputs. */
export const TARGETS = {
  main: ['common', 'engine', 'main'],
  preload: ['preload'],
  renderer: ['common', 'engine', 'renderer'],
}

/** @typedef {keyof typeof TARGETS} Target */

const COMMON_INPUTS = ['package.json', 'package-lock.json', 'electron.vite.config.ts']

/** @param {Target} target */
export const stampOf = (target) => inProject('out', `.${target}.stamp`)

/**
 * Changes when an input is added, removed or written: names, sizes and times, no contents, so it costs a few milliseconds.
 * @param {Target} target
 */
export function fingerprint(target) {
  const hash = createHash('sha1')
  for (const file of COMMON_INPUTS) add(hash, inProject(file))
  for (const folder of TARGETS[target]) addFolder(hash, inProject(folder))
  return hash.digest('hex')
}

/** @param {Target} target */
export function isBuilt(target) {
  const stamp = stampOf(target)
  return (
    existsSync(stamp) && existsSync(inProject('out', target)) && readFileSync(stamp, 'utf8') === fingerprint(target)
  )
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} folder
 */
function addFolder(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) addFolder(hash, path)
    else if (!/\.test\.tsx?$/.test(entry.name)) add(hash, path)
  }
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function add(hash, path) {
  const { mtimeMs, size } = statSync(path)
  hash.update(`${path} ${mtimeMs} ${size}\n`)
}
