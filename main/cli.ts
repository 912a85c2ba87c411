#!/usr/bin/env node
import * as modules from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import {
  type Command,
  CommandError,
  Interrupted,
  OutputClosed,
  outliveTerminal,
  UsageError,
} from './commands/command.ts'
import { helpText } from './commands/help-text.ts'
import { say, writeOut } from './commands/write-out.ts'
import { cacheFolder } from './user-folder.ts'

// Compiled once and not at every start: a quarter of the time a small capture takes. Where it can't be written, it is not kept.
if ('enableCompileCache' in modules) modules.enableCompileCache(join(cacheFolder(), 'code'))

// Each command is loaded when it is asked for, so that `frames` does not pay for `serve`.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  analyze: async () => (await import('./commands/analyze.ts')).analyze,
  expert: async () => (await import('./commands/expert.ts')).expert,
  findings: async () => (await import('./commands/findings.ts')).findings,
  conversations: async () => (await import('./commands/conversations.ts')).conversations,
  exchanges: async () => (await import('./commands/exchanges.ts')).exchanges,
  'round-trips': async () => (await import('./commands/round-trips.ts')).roundTrips,
  frames: async () => (await import('./commands/frames.ts')).frames,
  follow: async () => (await import('./commands/follow.ts')).follow,
  compare: async () => (await import('./commands/compare.ts')).compareCommand,
  hops: async () => (await import('./commands/hops.ts')).hops,
  notes: async () => (await import('./commands/notes.ts')).notes,
  report: async () => (await import('./commands/report.ts')).report,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  contexts: async () => (await import('./commands/contexts.ts')).contexts,
  preflight: async () => (await import('./commands/preflight.ts')).preflight,
  capture: async () => (await import('./commands/capture.ts')).capture,
  sweep: async () => (await import('./commands/sweep.ts')).sweep,
  serve: async () => (await import('./commands/serve.ts')).serve,
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(13)}  ${summary}`)
  const about = 'Hopscope: what happened to the traffic, to whom, when, and why.'
  const more = '`hopscope COMMAND --help` tells more. FILE may be - for standard input.'
  return helpText(`${about}\n\nUsage: hopscope COMMAND ...\n\n${lines.join('\n')}\n\n${more}\n`)
}

async function main(args: readonly string[]): Promise<number> {
  const helpWanted = args[0] === 'help' || args.includes('--help') || args.includes('-h')
  const [name, ...rest] = args[0] === 'help' ? args.slice(1) : args
  if (name === undefined || name === '--help' || name === '-h') {
    const text = await overview()
    if (helpWanted) await writeOut(text)
    else process.stderr.write(text)
    return helpWanted ? 0 : 2
  }
  if (name === '--version') {
    await writeOut(`hopscope ${(await import('./installation.ts')).findInstallation().version}\n`)
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    throw new UsageError(`there is no command "${name}". Commands: ${Object.keys(COMMANDS).join(', ')}.`)
  }
  const command = await load()
  if (helpWanted) {
    await writeOut(helpText(`Usage: hopscope ${command.name} ${command.usage}\n\n${command.help.trim()}\n`))
    return 0
  }
  return command.run(rest)
}

/** Says what went wrong; the exit code. */
function failed(error: unknown, name: string): number {
  if (error instanceof OutputClosed) return 0
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal]
  const label = Object.hasOwn(COMMANDS, name) ? `hopscope ${name}` : 'hopscope'
  if (error instanceof UsageError) {
    say(`${label}: ${error.message}\n\`${label} --help\` tells more.`)
    return 2
  }
  if (error instanceof CommandError) {
    say(`${label}: ${error.message}`)
    return 1
  }
  const message = error instanceof Error ? error.message : String(error)
  say(`${label}: this should not have happened: ${message}`)
  if (process.env['HOPSCOPE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 1
}

// Who writes is told (writeOut); without a listener a closed pipe would end us with a stack trace.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)
outliveTerminal()

const args = process.argv.slice(2)
try {
  process.exitCode = await main(args)
} catch (error) {
  process.exitCode = failed(error, args[0] ?? '')
}
// What was to be said is (writeOut waits): a request that is still under way, and which nobody may answer, is not waited for.
process.exit()
