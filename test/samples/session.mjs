import { setTimeout as sleep } from 'node:timers/promises'
import { exited } from './network.mjs'

/** A command-line client that is told what to do a line at a time: its connection can be older than the capture. */
export function openSession(namespace, command, args, env = {}) {
  const child = namespace.spawn(command, args, {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  })
  return {
    /** Each line gets `ms` to be answered. */
    async say(lines, ms = 150) {
      for (const line of lines) {
        child.stdin.write(`${line}\n`)
        await sleep(ms)
      }
    },
    interrupt() {
      child.kill('SIGINT')
    },
    async end() {
      child.stdin.end()
      await exited(child)
    },
  }
}
