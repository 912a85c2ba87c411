import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { withLock } from './lock.mjs'
import { bundledNode, inProject, pickNode, Plainly, root, say } from './project.mjs'
import { run } from './run.mjs'

const stampFile = () => inProject('node_modules', '.hopscope-installed.json')

/**
 * @typedef {object} Installation
 * @property {string} lock digest of the package-lock.json that was installed
 * @property {string} [ptyMissing] why node-pty has no native part, in words; absent when it has
 */

/**
 * Makes node_modules match package-lock.json; does nothing (in a few milliseconds) when it does.
 * @returns {Promise<Installation>}
 */
export async function ensureInstalled() {
  return current() ?? (await withLock('install', async () => current() ?? (await install())))
}

/** @returns {Installation | undefined} */
function current() {
  try {
    const stamp = JSON.parse(readFileSync(stampFile(), 'utf8'))
    return stamp.lock === lockDigest() ? stamp : undefined
  } catch {
    return undefined
  }
}

const lockDigest = () =>
  createHash('sha1')
    .update(readFileSync(inProject('package-lock.json')))
    .digest('hex')

async function install() {
  if (!installedByHand()) {
    say('Installing the packages that package-lock.json names (npm ci)...')
    // No scripts of packages: the only one needed is node-pty's compilation, which comes below with a message worth reading.
    const { code, output } = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
    if (code !== 0) throw new Plainly(`npm ci failed; is the package registry reachable?\n${output.trim()}`)
  }
  pickNode()
  const ptyMissing = await buildPty()
  const stamp = { lock: lockDigest(), ...(ptyMissing && { ptyMissing }) }
  writeFileSync(stampFile(), JSON.stringify(stamp))
  if (ptyMissing) say(`Terminals will not work: ${ptyMissing}`)
  return stamp
}

/** `npm install` or `npm ci` was run without us, and what is there is what package-lock.json asks for. */
function installedByHand() {
  try {
    const wanted = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')).packages
    const present = JSON.parse(readFileSync(inProject('node_modules/.package-lock.json'), 'utf8')).packages
    const missing = Object.entries(wanted).filter(
      ([path, entry]) => path !== '' && present[path]?.version !== entry.version,
    )
    // Optional packages of other platforms are rightly absent; the Node of this one is not.
    return missing.every(
      ([path, entry]) => entry.optional && !(path in present) && !bundledNode().startsWith(inProject(path)),
    )
  } catch {
    return false
  }
}

/** @param {string[]} args */
function npm(args) {
  // Not with the Node inside node_modules that `npm run` puts first in PATH: npm ci is about to delete it.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.startsWith(root))
  const env = { ...process.env, PATH: path.join(delimiter) }
  const { npm_execpath: cli, npm_node_execpath: node } = process.env
  if (cli && node && !node.startsWith(root) && existsSync(cli)) return run(node, [cli, ...args], { quiet: true, env })
  return run('npm', args, { quiet: true, env, shell: process.platform === 'win32' })
}

/**
 * Compiles node-pty where it brings no binary for this platform: with the headers of the bundled Node, so nothing is downloaded.
 * Its N-API module then serves Node and Electron alike.
 * @returns {Promise<string | undefined>} why that was not possible
 */
async function buildPty() {
  const folder = inProject('node_modules/node-pty')
  const prebuilt = inProject('node_modules/node-pty/prebuilds', `${process.platform}-${process.arch}`)
  if (existsSync(prebuilt) || existsSync(`${folder}/build/Release/pty.node`)) return undefined
  const missing = await missingCompilers()
  if (missing.length > 0) {
    return `node-pty has to be compiled and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing (on Debian and Ubuntu: apt-get install g++ make python3), then run \`npm run bootstrap\`.`
  }
  say('Compiling node-pty...')
  const node = pickNode()
  const headers =
    node === bundledNode() ? [`--nodedir=${inProject('node_modules', `node-${process.platform}-${process.arch}`)}`] : []
  const gyp = inProject('node_modules/node-gyp/bin/node-gyp.js')
  const { code, output } = await run(node, [gyp, 'rebuild', ...headers], { cwd: folder, quiet: true })
  if (code === 0) return undefined
  const lines = output.split('\n').filter((line) => /error|fatal/i.test(line))
  return `compiling node-pty failed: ${(lines[0] ?? output.trim().split('\n').at(-1) ?? '').trim()} (\`npm run bootstrap\` tries again).`
}

async function missingCompilers() {
  const missing = []
  for (const tool of process.platform === 'win32' ? [] : ['g++', 'make', 'python3']) {
    if ((await run(tool, ['--version'], { quiet: true })).code !== 0) missing.push(tool)
  }
  return missing
}

/** Tries again what a stamped installation lacks; for `npm run bootstrap` and after compilers were installed. */
export async function completeInstallation() {
  const installed = await ensureInstalled()
  if (!installed.ptyMissing) return installed
  return withLock('install', install)
}
