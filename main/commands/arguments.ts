import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './command.ts'

/** node:util's parseArgs, with what is wrong said as a UsageError; so is a value that would silently replace the one before. */
export function parseArguments<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
) {
  const parsed = attempt(() => parseArgs({ args: [...args], options, allowPositionals: true, tokens: true }))
  const given = new Set<string>()
  for (const token of parsed.tokens) {
    if (token.kind !== 'option' || token.value === undefined || options[token.name]?.multiple) continue
    if (given.has(token.name)) throw new UsageError(`${token.rawName} is given twice; it takes one value.`)
    given.add(token.name)
  }
  return parsed
}

function attempt<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    // Node goes on about positional arguments, which nobody asked for.
    throw new UsageError(
      String(error instanceof Error ? error.message : error).replace(/\. To specify a positional .*/s, '.'),
    )
  }
}

/** Exactly one FILE. */
export function oneFile(positionals: readonly string[]): string {
  if (positionals.length !== 1) {
    throw new UsageError(positionals.length === 0 ? 'name a capture file.' : 'name one capture file, not several.')
  }
  return positionals[0]
}
