// What the scripts share. They run before anything is installed, on Node 20 as well: no dependencies here.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** @param {...string} parts a path in the project */
export const inProject = (...parts) => join(root, ...parts)

/**
 * Progress for the person. On standard error, always: standard output belongs to the command that runs.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Something the person has to put right: printed as one sentence, without a stack. */
export class Plainly extends Error {}

/**
 * Runs a script's main function: the exit code is what it returns, a Plainly error is one line and exit code 1.
 * @param {() => Promise<number | void>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof Plainly)) throw error
    say(`hopscope: ${error.message}`)
    process.exitCode = 1
  }
}

/** Where the person was when they ran `npm run <script>`: npm itself changes to the project's folder. */
export function callersFolder() {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env
  const byNpm = process.cwd() === root && (script === 'start' || script === 'hopscope')
  return byNpm && folder ? folder : process.cwd()
}

const OLDEST_NODE = [22, 19]

/** @param {string} version "24.21.0" */
export function newEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

/** The Node that package-lock.json brings for this platform, whether or not it is installed yet. */
export function bundledNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const file = process.platform === 'win32' ? 'node.exe' : 'bin/node'
  return inProject('node_modules', `node-${platform}-${process.arch}`, file)
}

/** The Node that runs all but these scripts: ours, else the one that runs this when it is new enough. */
export function pickNode() {
  const bundled = bundledNode()
  if (existsSync(bundled)) return bundled
  if (newEnough(process.versions.node)) return process.execPath
  throw new Plainly(
    `this needs Node ${OLDEST_NODE.join('.')} or newer and found ${process.versions.node} (no Node comes with the packages for ` +
      `${process.platform} on ${process.arch}): install a newer one from https://nodejs.org and try again.`,
  )
}
