import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { inProject, pickNode, say } from './project.mjs'
import { run } from './run.mjs'

const FETCH_LIMIT = 60_000
const RETRY_AFTER = 24 * 3600_000
const failedMark = () => inProject('.cache/electron-not-fetched')

/**
 * Electron's program, fetched when it is not there yet.
 * @param {{ insist: boolean }} options insist: try again even though fetching failed not long ago
 * @returns {Promise<{ program: string } | { reason: string }>} reason: why there is none, to follow "because"
 */
export async function ensureElectron({ insist }) {
  const program = installedElectron()
  if (program) return { program }
  if (!insist && failedLately()) {
    return { reason: 'its program could not be fetched not long ago (`npm start -- --window` tries again)' }
  }
  say(`Fetching Electron (at most ${FETCH_LIMIT / 1000} s)...`)
  const { code, output } = await run(pickNode(), [inProject('node_modules/electron/install.js')], {
    quiet: true,
    timeout: FETCH_LIMIT,
  })
  const fetched = installedElectron()
  if (code === 0 && fetched) {
    rmSync(failedMark(), { force: true })
    return { program: fetched }
  }
  mkdirSync(inProject('.cache'), { recursive: true })
  writeFileSync(failedMark(), '')
  const why = output
    .split('\n')
    .find((line) => /error|E[A-Z]{4,}/i.test(line))
    ?.replace(/^\s*(Type)?Error:\s*/, '')
    .trim()
  return { reason: `its program could not be fetched (${why ?? `no answer within ${FETCH_LIMIT / 1000} s`})` }
}

/** As electron/index.js finds it, without its fetching. */
function installedElectron() {
  const folder = inProject('node_modules/electron')
  const elsewhere = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const pathFile = `${folder}/path.txt`
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : elsewhere && 'electron'
  const program = name && `${elsewhere ?? `${folder}/dist`}/${name}`
  return program && existsSync(program) ? program : undefined
}

function failedLately() {
  return existsSync(failedMark()) && Date.now() - statSync(failedMark()).mtimeMs < RETRY_AFTER
}
