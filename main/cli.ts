#!/usr/bin/env node
import type { Command } from './commands/command.ts'
import { CommandError, UsageError } from './commands/command.ts'

// Each command is loaded when it is asked for, so that `frames` does not pay for `serve`.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  analyze: async () => (await import('./commands/analyze.ts')).analyze,
  conversations: async () => (await import('./commands/conversations.ts')).conversations,
  frames: async () => (await import('./commands/frames.ts')).frames,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  contexts: async () => (await import('./commands/contexts.ts')).contexts,
  preflight: async () => (await import('./commands/preflight.ts')).preflight,
  capture: async () => (await import('./commands/capture.ts')).capture,
  sweep: async () => (await import('./commands/sweep.ts')).sweep,
  serve: async () => (await import('./commands/serve.ts')).serve,
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const lines = commands.map(({ name, usage, summary }) => `  hopscope ${`${name} ${usage}`.padEnd(52)} ${summary}`)
  return `Hopscope: what happened to the traffic, to whom, when, and why.\n\nUsage:\n${lines.join('\n')}\n\n\`hopscope COMMAND --help\` tells more. FILE may be - for standard input.\n`
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const text = await overview()
    if (name === undefined) process.stderr.write(text)
    else process.stdout.write(text)
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    process.stderr.write(`hopscope: there is no command "${name}". Commands: ${Object.keys(COMMANDS).join(', ')}.\n`)
    return 2
  }
  const command = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`Usage: hopscope ${command.name} ${command.usage}\n\n${command.help.trim()}\n`)
    return 0
  }
  try {
    return await command.run(rest)
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`hopscope ${name}: ${error.message}\nUsage: hopscope ${name} ${command.usage}\n`)
      return 2
    }
    if (error instanceof CommandError) {
      process.stderr.write(`hopscope ${name}: ${error.message}\n`)
      return 1
    }
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`hopscope ${name}: this should not have happened: ${message}\n`)
    if (process.env['HOPSCOPE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    return 1
  }
}

// `hopscope frames FILE | head` closes our output early: that is the reader's right, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2))
