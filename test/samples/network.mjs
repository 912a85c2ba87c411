import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Network namespaces with unique names, the programs run in them, and their removal. Everything made here is taken down by
 * `close()`, which may be called at any moment and more than once; no process is ever ended that was not started here.
 */
export class Network {
  #prefix = `hs${process.pid}-`
  #namespaces = new Set()
  #children = new Set()
  #etc = new Set()

  /** A namespace without IPv6 noise, with the kernel's own defaults otherwise. `ipv6`: leave IPv6 on. */
  namespace(role, { ipv6 = false } = {}) {
    const name = this.#prefix + role
    ip('netns', 'add', name)
    this.#namespaces.add(name)
    const namespace = new Namespace(this, name)
    if (!ipv6) namespace.sysctl('net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1')
    namespace.ip('link', 'set', 'lo', 'up')
    return namespace
  }

  /** Files that programs of the namespace see in /etc (resolv.conf, hosts). */
  etc(name, file, text) {
    const folder = join('/etc/netns', name)
    mkdirSync(folder, { recursive: true })
    this.#etc.add(folder)
    writeFileSync(join(folder, file), text)
  }

  /** Removes a namespace at once, and with it its links: what a killed pod looks like to its peers. */
  remove(namespace) {
    if (!this.#namespaces.delete(namespace.name)) return
    ip('netns', 'del', namespace.name)
  }

  spawn(name, command, args, options = {}) {
    const child = spawn('ip', ['netns', 'exec', name, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...options,
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  async close() {
    const children = [...this.#children]
    for (const child of children) child.kill('SIGTERM')
    const gone = Promise.all(children.map((child) => exited(child)))
    await Promise.race([gone, sleep(1500)])
    for (const child of this.#children) child.kill('SIGKILL')
    this.closeNow()
  }

  /** What can be done without waiting; for exit handlers. */
  closeNow() {
    for (const child of this.#children) child.kill('SIGKILL')
    this.#children.clear()
    for (const name of this.#namespaces) spawnSync('ip', ['netns', 'del', name])
    this.#namespaces.clear()
    for (const folder of this.#etc) rmSync(folder, { recursive: true, force: true })
    // Ours only if it is empty now.
    if (this.#etc.size > 0) tryTo(() => rmdirSync('/etc/netns'))
    this.#etc.clear()
  }
}

export class Namespace {
  #network

  constructor(network, name) {
    this.#network = network
    this.name = name
  }

  ip(...args) {
    return ip('-n', this.name, ...args)
  }

  tc(...args) {
    return run('tc', ['-n', this.name, ...args])
  }

  sysctl(...settings) {
    for (const setting of settings) this.run('sysctl', '-qw', setting)
  }

  iptables(...args) {
    return this.run('iptables', '-w', ...args)
  }

  /** Runs a short command in the namespace; its output. */
  run(command, ...args) {
    return run('ip', ['netns', 'exec', this.name, command, ...args])
  }

  /** Starts a command that goes on. */
  spawn(command, args, options) {
    return this.#network.spawn(this.name, command, args, options)
  }

  etc(file, text) {
    this.#network.etc(this.name, file, text)
  }

  /** Starts programs/NAME.mjs with `config` and waits until it says it is ready. */
  async program(name, config) {
    const file = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url))
    const child = this.spawn(process.execPath, [file, JSON.stringify(config)])
    child.stdout.pipe(process.stdout)
    child.stderr.pipe(process.stderr)
    const program = new Program(name, child)
    await program.ready
    return program
  }
}

/** A program of ours in a namespace; it speaks over Node's process channel. */
class Program {
  #child

  constructor(name, child) {
    this.#child = child
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message) => message === 'ready' && resolve())
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready`)))
    })
    this.result = new Promise((resolve) => {
      child.on('message', (message) => message?.result && resolve(message.result))
      child.once('exit', () => resolve(undefined))
    })
  }

  get pid() {
    return this.#child.pid
  }

  send(message) {
    this.#child.send(message)
  }

  /** Ends it in an orderly way and waits for it. */
  async stop() {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGTERM')
    await exited(this.#child)
  }

  kill(signal) {
    this.#child.kill(signal)
  }
}

export function exited(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', resolve))
}

export function ip(...args) {
  return run('ip', args)
}

export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  })
  if (error) throw new Error(`${command}: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `exit code ${status}`}`)
  return stdout
}

function tryTo(action) {
  try {
    action()
  } catch {
    // Not ours to remove.
  }
}
