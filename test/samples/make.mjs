#!/usr/bin/env node
// Makes the sample captures in resources/samples, and those of test/fixtures/captures, again: real kernels in network namespaces,
// real tools, faults by iptables.
//   sudo node test/samples/make.mjs            all of them (some minutes)
//   sudo node test/samples/make.mjs NAME...    these
//   node test/samples/make.mjs --list
// Needs Linux, root, iproute2, iptables, tcpdump and tshark (with dumpcap). Everything it makes in the system is removed again.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Cluster } from './cluster.mjs'
import { factsOf } from './facts.mjs'
import { Network, run } from './network.mjs'
import { dress } from './pcapng.mjs'
import { SCENARIOS, TEST_CAPTURES } from './scenarios.mjs'

/** Where captures go, and the file that lists them. */
const COLLECTIONS = [
  { folder: path('../../resources/samples/'), index: 'samples.json', scenarios: SCENARIOS },
  { folder: path('../fixtures/captures/'), index: 'captures.json', scenarios: TEST_CAPTURES },
]

function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}

async function make(name, scenario, folder) {
  const network = new Network()
  const scratch = mkdtempSync(join(tmpdir(), 'hopscope-sample-'))
  const abandon = () => {
    network.closeNow()
    rmSync(scratch, { recursive: true, force: true })
  }
  const interrupted = (signal) => {
    abandon()
    process.stderr.write(`\n${signal}: removed the namespaces of ${name}.\n`)
    process.exit(130)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.once(signal, interrupted)
  process.once('exit', abandon)
  try {
    const raw = join(scratch, 'raw')
    const made = await scenario.make(new Cluster(network, scenario.cluster), raw)
    const when = new Date().toISOString()
    const file = join(folder, scenario.file)
    const finished = finish(raw, scenario, made, join(scratch, scenario.file))
    const facts = factsOf(finished, scenario.decodeAs)
    const expected = { ...facts.summary, ...scenario.expect?.(made, facts) }
    writeFileSync(`${file}.part`, readFileSync(finished))
    renameSync(`${file}.part`, file)
    const { title, description, command } = scenario
    const provenance = {
      how: 'Real TCP/IP stacks of one Linux kernel in network namespaces: two nodes, a VXLAN between them, pods behind bridges; the fault is an iptables rule or a setting, never an edited packet.',
      when,
      kernel: kernel(),
      tools: tools(),
      command: `sudo node test/samples/make.mjs ${name}`,
      capture: command,
    }
    if (made.result) process.stdout.write(`${name}: the client saw ${JSON.stringify(made.result)}\n`)
    return { name, file: scenario.file, title, description, provenance, expected }
  } finally {
    await network.close()
    abandon()
    process.off('exit', abandon)
    for (const signal of signals) process.off(signal, interrupted)
  }
}

/** The capture in its final form; the path of it. */
function finish(raw, { file, title, description }, { names, interface: description_, notes }, target) {
  const plain = target.replace(/\.(gz|zst)$/, '')
  const pcapng = plain.endsWith('.pcapng')
  const comment = `${title}. ${description}`
  const bytes = readFileSync(raw)
  writeFileSync(plain, pcapng ? dress(bytes, { os: kernel(), comment, interface: description_, names, notes }) : bytes)
  if (file.endsWith('.gz')) writeFileSync(target, gzipSync(readFileSync(plain), { level: 9 }))
  if (file.endsWith('.zst')) run('zstd', ['-q', '-19', '-f', plain, '-o', target])
  return target
}

/** Without what distributions and clouds add to the number. */
function kernel() {
  return `Linux ${/^[\d.]+/.exec(release())[0]}`
}

function tools() {
  const version = (command, pattern) => pattern.exec(run('sh', ['-c', `${command} 2>&1`]))?.[1] ?? 'unknown'
  return {
    tcpdump: version('tcpdump --version', /tcpdump version ([\d.]+)/),
    dumpcap: version('dumpcap --version', /\(Wireshark\) ([\d.]+)/),
    iproute2: version('ip -V', /iproute2-([\d.]+)/),
    iptables: version('iptables --version', /v([\d.]+)/),
    node: process.versions.node,
  }
}

function record(entry, { folder, index, scenarios }) {
  const file = join(folder, index)
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const byName = new Map([...known, entry].map((each) => [each.name, each]))
  const ordered = Object.keys(scenarios).flatMap((name) => byName.get(name) ?? [])
  const text = JSON.stringify(ordered, null, 2)
    // Lists of numbers on one line, as the formatter has them.
    .replace(/\[\s+(\d[\d\s,.]*?)\s+\]/g, (_, numbers) => `[${numbers.split(/,\s+/).join(', ')}]`)
  writeFileSync(`${file}.part`, `${text}\n`)
  renameSync(`${file}.part`, file)
}

const wanted = process.argv.slice(2)
const all = COLLECTIONS.flatMap((collection) =>
  Object.entries(collection.scenarios).map(([name, scenario]) => ({ name, scenario, collection })),
)
if (wanted[0] === '--list') {
  for (const { name, scenario } of all) process.stdout.write(`${name.padEnd(16)} ${scenario.title}\n`)
  process.exit(0)
}
const unknown = wanted.filter((name) => !all.some((each) => each.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no capture ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}.\n`,
  )
  process.exit(2)
}
if (process.getuid?.() !== 0) {
  process.stderr.write('Network namespaces need root: sudo node test/samples/make.mjs\n')
  process.exit(1)
}
for (const { name, scenario, collection } of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  process.stdout.write(`${name}: ${scenario.title} ...\n`)
  const entry = await make(name, scenario, collection.folder)
  record(entry, collection)
  process.stdout.write(`${name}: ${entry.file}, ${JSON.stringify(entry.expected)}\n`)
}
process.exit(0)
