import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../main/cli.ts', import.meta.url))
/** What was compiled once need not be for every run: a third of the time. */
const COMPILED = fileURLToPath(new URL('../../.cache/node-compiled', import.meta.url))

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

export interface CliOptions {
  /** Standard input, piece by piece. */
  readonly input?: Iterable<Uint8Array>
  readonly env?: Readonly<Record<string, string>>
  /** File descriptor to be its standard output. */
  readonly stdout?: number
  /** Our end of its standard output is closed after the first bytes, as `head` does. */
  readonly closeEarly?: boolean
}

/** Runs the command line as a process of its own. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { input, env, stdout = 'pipe', closeEarly = false } = options
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: [input ? 'pipe' : 'ignore', stdout, 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, NO_COLOR: '1', ...env },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    out.push(chunk)
    if (closeEarly) child.stdout?.destroy()
  })
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (input && child.stdin) {
    // It need not read to the end.
    child.stdin.on('error', () => undefined)
    for (const piece of input) {
      child.stdin.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.stdin.end()
  }
  const exit = await code
  const bytes = Buffer.concat(out)
  return { code: exit, stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes }
}
