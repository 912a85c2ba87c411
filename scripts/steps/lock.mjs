import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { inProject, say } from './project.mjs'

/**
 * Runs one at a time across processes. A folder is the lock (making one is atomic), the process id in it tells whether its owner
 * still lives.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withLock(name, run) {
  const folder = inProject('.cache', `${name}.lock`)
  mkdirSync(inProject('.cache'), { recursive: true })
  for (let tries = 0; !take(folder); tries++) {
    if (tries === 20) say(`waiting for another process that does the same (${name})...`)
    await wait(100)
  }
  const release = () => rmSync(folder, { recursive: true, force: true })
  const quit = () => process.exit(130)
  process.once('exit', release).once('SIGINT', quit).once('SIGTERM', quit)
  try {
    return await run()
  } finally {
    release()
    process.off('exit', release).off('SIGINT', quit).off('SIGTERM', quit)
  }
}

/** @param {string} folder */
function take(folder) {
  try {
    mkdirSync(folder)
    writeFileSync(`${folder}/pid`, String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (abandoned(folder)) rmSync(folder, { recursive: true, force: true })
    return false
  }
}

/** @param {string} folder */
function abandoned(folder) {
  try {
    const pid = existsSync(`${folder}/pid`) ? Number(readFileSync(`${folder}/pid`, 'utf8')) : 0
    // Without a number it is just being made, unless its maker died in between.
    if (!pid) return Date.now() - statSync(folder).mtimeMs > 10_000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
