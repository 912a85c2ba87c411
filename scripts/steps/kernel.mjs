import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { runInNewContext } from 'node:vm'
import { withLock } from './lock.mjs'
import { inProject, Plainly, root, say } from './project.mjs'

const SOURCES = inProject('engine/kernel')
const MODULE = inProject('engine/kernel.generated.ts')

/** Names of columns and protocols among AssemblyScript's keywords. */
const RESERVED = new Set(['interface', 'null'])

const OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  // Names of functions, for HOT.
  '--debug',
  // The memory is made outside, shared so that views of it stay valid when it grows, and grows to all that 32 bits can address.
  ...['--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads', '--enable', 'bulk-memory'],
  // engine/kernel/layout.ts
  ...['--memoryBase', '4096'],
]

/**
 * What nearly all packets pass through, as paths in engine/kernel: made one function, or a part of its only caller. The rest stays calls: so V8 has a
 * third of the code to compile for speed, and fewer values compete for registers.
 */
const HOT = [
  'columns/conversations/find',
  'decode/decode/decodeFrame',
  'decode/ethernet/decodeLengthOrType',
  'decode/ipv4/decodeIpv4',
  'decode/plain-tcp/decodePlainTcp',
  'decode/tcp-options/decodeTcpOptions',
  'decode/tcp/decodeTcp',
  'ingest/frame',
  'tcp/calm-sender/note',
  'tcp/calm/segment',
  'tcp/round-trips/byAck',
  'tcp/round-trips/byEcho',
  'tcp/sent-segments/add',
  'tcp/sighting-table/see',
  'tcp/unacked-segments/add',
]

/** Compiles engine/kernel, which is AssemblyScript, into engine/kernel.generated.ts, unless that was made of the same sources. */
export async function ensureKernel() {
  if (isMade(sourcesHash())) return
  await withLock('kernel', async () => {
    const hash = sourcesHash()
    if (isMade(hash)) return
    say('Compiling the kernel...')
    const binary = await compile()
    const text = `// Made by scripts/steps/kernel.mjs of engine/kernel.\n// ${hash}\nexport const KERNEL =\n  '${binary.toString('base64')}'\n`
    // In one step: what starts meanwhile finds either the old or the new.
    writeFileSync(`${MODULE}.new`, text)
    renameSync(`${MODULE}.new`, MODULE)
  })
}

/** @param {string} hash */
function isMade(hash) {
  return existsSync(MODULE) && readFileSync(MODULE, 'utf8').slice(0, 200).includes(hash)
}

function sourcesHash() {
  const hash = createHash('sha256')
  for (const file of [
    ...kernelFiles(SOURCES),
    ...constantFiles(),
    inProject('package-lock.json'),
    import.meta.filename ?? '',
  ]) {
    if (file !== '') hash.update(relative(root, file)).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function kernelFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? kernelFiles(path) : path.endsWith('.ts') ? [path] : []
    })
    .sort()
}

/** The files outside of engine/kernel that it takes constants from. */
function constantFiles() {
  const files = new Set()
  for (const file of kernelFiles(SOURCES)) {
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const target = resolve(dirname(file), path)
      if (!target.startsWith(SOURCES + sep)) files.add(target)
    }
  }
  return [...files].sort((a, b) => a.localeCompare(b))
}

/** @returns {Promise<Buffer>} */
async function compile() {
  const { main } = await import('assemblyscript/asc')
  /** @type {Uint8Array | undefined} */
  let binary
  let said = ''
  const { error } = await main(['engine/kernel/index.ts', '--outFile', 'kernel.wasm', ...OPTIONS], {
    readFile: (name, base) => source(resolve(base ?? root, name)),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') binary = contents
    },
    listFiles: () => [],
    stderr: { write: (text) => (said += String(text)) },
  })
  if (error || !binary) throw new Plainly(`the kernel could not be compiled.\n${said}`)
  return optimized(binary)
}

/**
 * The compiler itself inlines no function that has a loop or is long, though all that is called once may be: a tenth of the time that reading takes.
 * @param {Uint8Array} binary
 */
async function optimized(binary) {
  const { default: binaryen } = await import('assemblyscript/binaryen')
  const kernel = binaryen.readBinary(binary)
  const { Atomics, BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt } = binaryen.Features
  kernel.setFeatures(Atomics | BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt)
  keepCalls(binaryen, kernel)
  binaryen.setOptimizeLevel(3)
  binaryen.setShrinkLevel(0)
  // Nothing lies so high that an offset wraps: so offsets become part of the instruction.
  binaryen.setLowMemoryUnused(true)
  binaryen.setAllowInliningFunctionsWithLoops(true)
  binaryen.setOneCallerInlineMaxSize(0x7fff_ffff)
  kernel.optimize()
  // The names were for HOT alone.
  binaryen.setDebugInfo(false)
  return Buffer.from(kernel.emitBinary())
}

/**
 * All but HOT is to stay calls.
 * @param {typeof import('assemblyscript/binaryen').default} binaryen
 * @param {import('assemblyscript/binaryen').default.Module} kernel
 */
function keepCalls(binaryen, kernel) {
  const hot = new Set(HOT.map((path) => `engine/kernel/${path}`))
  for (let i = 0; i < kernel.getNumFunctions(); i++) {
    const { name } = binaryen.getFunctionInfo(kernel.getFunctionByIndex(i))
    if (hot.delete(name)) continue
    binaryen.setPassArgument('no-inline', name)
    kernel.runPasses(['no-inline'])
  }
  binaryen.clearPassArguments()
  if (hot.size > 0) throw new Plainly(`the kernel has no ${[...hot].join(', ')}: scripts/steps/kernel.mjs names it.`)
}

/**
 * A source as the compiler wants it, null if there is none. It adds ".ts" to paths that have it already; of files outside the kernel it gets
 * the constants.
 * @param {string} path
 */
function source(path) {
  const file = path.replace(/\.ts\.ts$/, '.ts')
  if (!existsSync(file) || !file.endsWith('.ts')) return null
  const text = readFileSync(file, 'utf8')
  return file.startsWith(SOURCES + sep) || file.includes('node_modules') ? text : constants(text)
}

/**
 * The numbers that a TypeScript module names, as AssemblyScript: `const NAME = 1` as it is, `const NAME = { a: 1 } as const` as an enum.
 * @param {string} text
 */
export function constants(text) {
  const statements = [...text.matchAll(/^(?:export )?const (\w+) = (\{[^}]*\} as const|[^\n]+)$/gm)]
  /** @type {string[]} */
  const lines = []
  const known = new Map()
  for (const [, name, value] of statements) {
    const expression = value.replace(/ as const$/, '')
    const evaluated = evaluate(expression, known)
    if (evaluated === undefined) continue
    known.set(name, evaluated)
    if (typeof evaluated === 'number') lines.push(`export const ${name}: ${typeOf(evaluated)} = ${evaluated}`)
    else {
      const members = Object.entries(evaluated).map(([key, number]) => `${memberOf(key)} = ${number | 0}`)
      lines.push(`export enum ${name} { ${members.join(', ')} }`)
    }
  }
  return `${lines.join('\n')}\n`
}

/**
 * @param {string} expression
 * @param {Map<string, unknown>} known
 * @returns {number | Record<string, number> | undefined}
 */
function evaluate(expression, known) {
  try {
    const value = runInNewContext(`(${expression})`, Object.fromEntries(known))
    if (typeof value === 'number') return value
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isTable && Object.values(value).every((each) => typeof each === 'number') ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * As a name that AssemblyScript takes: a word that it keeps for itself gets an underscore behind it, and the dot is one.
 * @param {string} key
 */
function memberOf(key) {
  return RESERVED.has(key) ? `${key}_` : key.replace('.', '_')
}

/** @param {number} value */
function typeOf(value) {
  if (!Number.isInteger(value) || Math.abs(value) > 0xffff_ffff) return 'f64'
  return value > 0x7fff_ffff ? 'u32' : 'i32'
}
