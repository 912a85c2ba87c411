// npm start [-- --serve|--window] [--demo] [--port N] [--no-sandbox] [FILE...]: installs, builds, and opens Hopscope: in its window where there can
// be one, else served to the browser.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './steps/build.mjs'
import { ensureElectron } from './steps/electron.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { callersFolder, inProject, pickNode, Plainly, root, runScript, say } from './steps/project.mjs'
import { become } from './steps/run.mjs'

// A window that is gone this soon with an error never was one.
const STARTUP = 10_000

await runScript(async () => {
  const { values, positionals } = parse()
  const files = positionals.map((file) => resolve(callersFolder(), file))
  await ensureInstalled()
  await ensureBuilt(['main', 'preload', 'renderer'])

  const demo = values.demo ? ['--demo'] : []
  if (!values.serve && values.port === undefined) {
    const window = await canOpenWindow(values)
    if ('program' in window) {
      const sandbox = values['no-sandbox'] ? ['--no-sandbox'] : []
      const started = Date.now()
      const code = await become(window.program, [...sandbox, root, ...demo, ...files])
      if (code === 0 || Date.now() - started > STARTUP) return code
      window.reason = `Electron ended at once with code ${code}`
    }
    say(`No window, because ${window.reason}; serving the same to the browser.`)
  }
  const port = values.port === undefined ? [] : ['--port', values.port]
  return become(pickNode(), [inProject('out/main/cli.js'), 'serve', '--open', ...demo, ...port, '--', ...files])
})

function parse() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false })
  try {
    return parseArgs({
      options: { serve: flag, window: flag, demo: flag, 'no-sandbox': flag, port: { type: 'string' } },
      allowPositionals: true,
    })
  } catch (error) {
    throw new Plainly(
      `${error.message}\nUsage: npm start -- [--serve | --window] [--demo] [--port N] [--no-sandbox] [FILE...]`,
    )
  }
}

/**
 * @param {{ window: boolean, 'no-sandbox': boolean }} options
 * @returns {Promise<{ program: string, reason?: string } | { reason: string }>}
 */
async function canOpenWindow(options) {
  if (process.platform === 'linux') {
    const { DISPLAY, WAYLAND_DISPLAY } = process.env
    if (!DISPLAY && !WAYLAND_DISPLAY) return { reason: 'there is no display here' }
    if (process.getuid?.() === 0 && !options['no-sandbox']) {
      return {
        reason: 'Electron keeps no sandbox for root (start it as another user, or with `npm start -- --no-sandbox`)',
      }
    }
  }
  return ensureElectron({ insist: options.window })
}
