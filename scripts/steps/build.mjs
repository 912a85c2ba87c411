import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ensureKernel } from './kernel.mjs'
import { withLock } from './lock.mjs'
import { fingerprint, isBuilt, stampOf } from './outputs.mjs'
import { inProject, pickNode, Plainly, say } from './project.mjs'
import { run } from './run.mjs'

/** @typedef {import('./outputs.mjs').Target} Target */

/**
 * Builds those parts of out/ whose inputs changed.
 * @param {readonly Target[]} targets
 */
export async function ensureBuilt(targets) {
  await ensureKernel()
  if (targets.every(isBuilt)) return
  await withLock('build', async () => {
    const stale = targets.filter((target) => !isBuilt(target))
    if (stale.length > 0) await build(stale)
  })
}

/** @param {readonly Target[]} targets */
async function build(targets) {
  say(`Building ${targets.join(', ')}...`)
  // Taken before the build: what is edited meanwhile is built next time.
  const stamps = new Map(targets.map((target) => [target, fingerprint(target)]))
  const aside = inProject('out', `.building-${process.pid}`)
  try {
    const vite = inProject('node_modules/electron-vite/bin/electron-vite.js')
    const env = {
      ...process.env,
      HOPSCOPE_BUILD_OUT: aside,
      HOPSCOPE_BUILD_TARGETS: targets.join(','),
    }
    const { code, output } = await run(pickNode(), [vite, 'build', '--logLevel=warn'], { quiet: true, env })
    const said = plain(output)
    if (code !== 0) throw new Plainly(`the build failed.\n${said}`)
    if (said !== '') say(said)
    for (const [target, stamp] of stamps) {
      swap(`${aside}/${target}`, inProject('out', target))
      writeFileSync(stampOf(target), stamp)
    }
    if (targets.includes('main')) chmodSync(inProject('out/main/cli.js'), 0o755)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/**
 * Without colours, and without the bundler's wonder about the parts it was not asked to build.
 * @param {string} output
 */
function plain(output) {
  return output
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .split('\n')
    .filter((line) => !/^\(!\) .* config is missing/.test(line))
    .join('\n')
    .trim()
}

/**
 * Puts a whole folder in another's place, so that what starts meanwhile finds either the old or the new.
 * @param {string} from
 * @param {string} to
 */
function swap(from, to) {
  const old = `${from}.old`
  mkdirSync(inProject('out'), { recursive: true })
  if (existsSync(to)) renameSync(to, old)
  renameSync(from, to)
}
