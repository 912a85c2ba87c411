import { spawn } from 'node:child_process'
import { root } from './project.mjs'

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, show?: boolean, env?: NodeJS.ProcessEnv, timeout?: number, cwd?: string, shell?: boolean }} [options]
 *   quiet: keep what it prints and return it, instead of showing it on standard error; show: it prints where we print
 * @returns {Promise<{ code: number, output: string }>} code 127 where there is no such program
 */
export function run(
  command,
  args,
  { quiet = false, show = false, env = process.env, timeout, cwd = root, shell = false } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      ...(timeout && { timeout, killSignal: 'SIGKILL' }),
      stdio: show ? 'inherit' : ['ignore', quiet ? 'pipe' : process.stderr, quiet ? 'pipe' : process.stderr],
    })
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString())
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Becomes another program as far as Node can: its input, output and exit code are ours, and so are signals.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code; 128 + n after a signal
 */
export function become(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    // Ctrl+C reaches the whole foreground group by itself; passing it on again would count as a second one. So only be patient.
    const patient = () => undefined
    const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
    process.on('SIGINT', patient).on('SIGTERM', pass).on('SIGHUP', pass)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', patient).off('SIGTERM', pass).off('SIGHUP', pass)
      resolve(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1))
    })
  })
}
