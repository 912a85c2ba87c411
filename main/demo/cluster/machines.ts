import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { controlGroup, removeControlGroup, sweepControlGroups } from './control-groups.ts'
import type {
  ContainerExit,
  ContainerOptions,
  Fabric,
  Machine,
  Privileges,
  RunningContainer,
  Sandbox,
} from './running.ts'
import { exitCode, Holder, inNamespace, inNet, kill, lastDescendant, onPath, ready } from './namespaces.ts'
import { PtyProcess } from './pty-process.ts'

// Machines, pods and containers made of the kernel's own namespaces.
//
//   container (pid, mount) -- pod (net, uts) eth0 -- veth -- cni0 machine (net, pid, mount) eth0 -- veth -- fabric0 (net)

const NODE_FOLDER = '/mnt'
const BUSYBOX_FOLDER = '/media'
/** Of these netshoot has better ones than BusyBox's, and the double makes its containers with some. */
const NOT_BUSYBOX = 'ip|mount|nsenter|setpriv|sysctl|umount|unshare'
/** The Node that runs this, as containers of the machines see it. */
export const CONTAINER_NODE = `${NODE_FOLDER}/${basename(process.execPath)}`

export class NamespaceFabric implements Fabric {
  readonly #holder: Holder
  readonly #machines: NamespaceMachine[] = []

  private constructor(holder: Holder) {
    this.#holder = holder
  }

  static async create(): Promise<NamespaceFabric> {
    sweepControlGroups()
    const setup = 'ip link add fabric0 type bridge\nip link set fabric0 up'
    return new NamespaceFabric(
      await Holder.start(['unshare', '--net', '--mount', '--pid', '--fork', '--mount-proc'], setup),
    )
  }

  get machines(): readonly NamespaceMachine[] {
    return this.#machines
  }

  async machine(name: string): Promise<NamespaceMachine> {
    const number = this.#machines.length + 1
    const setup = [
      'mount --make-rprivate /',
      'mount -t sysfs sysfs /sys',
      // Containers have a /tmp of their own, which would hide this Node if the project lies there.
      `mount --bind "$2" ${NODE_FOLDER}`,
      `mount -t tmpfs tmpfs ${BUSYBOX_FOLDER}`,
      'if box=$(command -v busybox); then for name in $("$box" --list); do',
      `case $name in ${NOT_BUSYBOX}) ;; *) ln -s "$box" "${BUSYBOX_FOLDER}/$name" ;; esac`,
      'done; fi',
      `mount -o remount,ro ${BUSYBOX_FOLDER}`,
      'ip link set lo up',
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
      // As CNI does: without an address of its own the bridge takes its ports' lowest, and where pods come and go others send to the one before.
      `ip link add cni0 address 02:00:0a:f4:${number.toString(16).padStart(2, '0')}:01 type bridge`,
      `ip address add 10.244.${number}.1/24 dev cni0`,
      'ip link set cni0 up',
    ].join('\n')
    const holder = await Holder.start(
      ['unshare', '--net', '--mount', '--uts', '--pid', '--fork', '--mount-proc'],
      `hostname -- "$1"\n${setup}`,
      [name, dirname(process.execPath)],
    )
    const machine = new NamespaceMachine(name, number, holder)
    machine.ip(`link add eth0 type veth peer name m${number} netns ${this.#holder.pid}`)
    inNet(this.#holder.pid, `link set m${number} master fabric0 up`)
    machine.ip(`address add ${machine.address}/24 dev eth0`, 'link set eth0 up')
    for (const other of this.#machines) {
      other.ip(`route add ${machine.podRange} via ${machine.address}`)
      machine.ip(`route add ${other.podRange} via ${other.address}`)
    }
    this.#machines.push(machine)
    return machine
  }

  async close(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.close()))
    await this.#holder.close()
  }
}

class NamespaceMachine implements Machine {
  readonly name: string
  readonly address: string
  readonly podRange: string
  readonly #number: number
  readonly #holder: Holder
  #pods = 1

  constructor(name: string, number: number, holder: Holder) {
    this.name = name
    this.#number = number
    this.#holder = holder
    this.address = `10.99.0.${10 + number}`
    this.podRange = `10.244.${number}.0/24`
  }

  get pid(): number {
    return this.#holder.pid
  }

  /** Runs ip(8) in the machine's network namespace; each argument is one command's words. */
  ip(...commands: readonly string[]): void {
    for (const command of commands) inNet(this.#holder.pid, command)
  }

  /** Runs a program in the machine's network namespace: iptables, tc. */
  run(program: string, ...args: readonly string[]): string {
    return inNamespace(this.#holder.pid, program, args)
  }

  has(program: string, busybox: boolean): boolean {
    if (program === CONTAINER_NODE) return true
    return onPath(program) || (busybox && existsSync(`/proc/${this.pid}/root${BUSYBOX_FOLDER}/${program}`))
  }

  /** A pod's network namespace with an address on cni0; hostNetwork pods share the machine's. */
  async pod(name: string, hostNetwork: boolean): Promise<NamespaceSandbox> {
    if (hostNetwork) return new NamespaceSandbox(this, this.#holder.pid, this.address, undefined)
    const last = ++this.#pods
    const address = `10.244.${this.#number}.${last}`
    const enter = ['nsenter', '-t', String(this.#holder.pid), '-p', '-m']
    const unshare = ['unshare', '--net', '--uts', '--fork']
    const holder = await Holder.start([...enter, ...unshare], 'hostname -- "$1"\nip link set lo up', [name])
    const link = `veth${this.#number}x${last}`
    this.ip(`link add ${link} type veth peer name eth0 netns ${holder.pid}`, `link set ${link} master cni0 up`)
    inNet(holder.pid, `address add ${address}/24 dev eth0`)
    inNet(holder.pid, 'link set eth0 up')
    inNet(holder.pid, `route add default via 10.244.${this.#number}.1`)
    return new NamespaceSandbox(this, holder.pid, address, holder)
  }

  close(): Promise<void> {
    return this.#holder.close()
  }
}

const RELAY = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1')
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('error', (error) => { process.stderr.write(error.message); process.exit(1) })
socket.on('close', () => process.exit(0))`

/** A pod's network namespace. */
class NamespaceSandbox implements Sandbox {
  readonly machine: NamespaceMachine
  readonly address: string
  readonly #netPid: number
  readonly #holder: Holder | undefined

  constructor(machine: NamespaceMachine, netPid: number, address: string, holder: Holder | undefined) {
    this.machine = machine
    this.#netPid = netPid
    this.address = address
    this.#holder = holder
  }

  connect(port: number): ChildProcess {
    const enter = ['-t', String(this.#netPid), '-n', '--', process.execPath]
    return spawn('nsenter', [...enter, '-e', RELAY, String(port)], { stdio: ['pipe', 'pipe', 'pipe'] })
  }

  /** Runs a program in the pod's network namespace: iptables, tc. */
  run(program: string, ...args: readonly string[]): string {
    return inNamespace(this.#netPid, program, args)
  }

  async container(options: ContainerOptions): Promise<NamespaceContainer> {
    const machine = `/proc/${this.machine.pid}/ns`
    const target = options.processesOf instanceof NamespaceContainer ? options.processesOf.pid : undefined
    const processes = target === undefined ? `${machine}/pid` : `/proc/${target}/ns/pid`
    const enter = ['nsenter', `--pid=${processes}`, `--mount=${machine}/mnt`, `--net=/proc/${this.#netPid}/ns/net`]
    const unshare = ['unshare', ...(target === undefined ? ['--pid'] : []), '--mount', '--ipc', '--fork']
    const temporary = options.temporaryBytes > 0 ? `size=${options.temporaryBytes},mode=1777` : 'ro,size=4k'
    const setup = [
      'mount --make-rprivate /',
      ...(options.hostPid ? [] : ['mount -t proc proc /proc']),
      // A pod on the machine's network has the machine's already.
      'mount -t sysfs sysfs /sys 2>/dev/null || true',
      // The machine's own files are the image: nothing in a container may change them.
      'mount -o remount,bind,ro /',
      `mount -t tmpfs -o ${temporary} tmpfs /tmp`,
      'cd /',
      'echo ready',
      'read -r go',
      'exec "$@"',
    ]
    const wrapped = [...privilegeArguments(options.privileges), ...options.argv]
    const child = spawn(
      enter[0] ?? '',
      [...enter.slice(1), ...unshare, '/bin/sh', '-ec', setup.join('\n'), 'sh', ...wrapped],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: containerEnvironment(options),
      },
    )
    await ready(child)
    const pid = lastDescendant(child)
    const group = controlGroup(options.podUid, options.id, pid)
    // One that was ended meanwhile takes no input any more; its exit says so.
    child.stdin?.on('error', () => undefined)
    child.stdin?.write('go\n')
    return new NamespaceContainer(child, pid, options, group)
  }

  async close(): Promise<void> {
    await this.#holder?.close()
  }
}

class NamespaceContainer implements RunningContainer {
  readonly pid: number
  readonly #options: ContainerOptions
  readonly #child: ChildProcess
  readonly exited: Promise<ContainerExit>
  #running = true

  constructor(child: ChildProcess, pid: number, options: ContainerOptions, group: string | undefined) {
    this.#child = child
    this.pid = pid
    this.#options = options
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.#running = false
      if (group !== undefined) removeControlGroup(group)
      return { code: exitCode(code, signal) }
    })
  }

  get running(): boolean {
    return this.#running
  }

  /** The first process's streams, for attach. */
  get stdio(): ChildProcess {
    return this.#child
  }

  /** The program and arguments that run `argv` inside. */
  execCommand(argv: readonly string[]): readonly string[] {
    const enter = ['nsenter', '-t', String(this.pid), '-p', '-m', '-n', '-i', '--']
    return [...enter, ...privilegeArguments(this.#options.privileges), ...argv]
  }

  exec(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...args] = this.execCommand(argv)
    return spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: containerEnvironment(this.#options),
      ...options,
    })
  }

  /** As exec, with a terminal. */
  execInTerminal(argv: readonly string[]): PtyProcess {
    const env = { ...containerEnvironment(this.#options), TERM: 'xterm' }
    return new PtyProcess(this.execCommand(argv), env)
  }

  /** The processes inside by their program's name; the kernel's word, not ours. */
  processes(): { readonly pid: number; readonly name: string }[] {
    const inside = namespaceOf(this.pid)
    if (inside === undefined) return []
    const found: { pid: number; name: string }[] = []
    for (const entry of readdirSync('/proc')) {
      const pid = Number(entry)
      if (!Number.isInteger(pid) || namespaceOf(pid) !== inside) continue
      try {
        found.push({ pid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() })
      } catch {
        // It ended meanwhile.
      }
    }
    return found
  }

  /** Ends the processes of that name, as the kernel's OOM killer would; how many there were. */
  killProgram(name: string): number {
    const victims = this.processes().filter((process) => process.name === name)
    for (const { pid } of victims) kill(pid, 'SIGKILL')
    return victims.length
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.#running) return
    kill(this.pid, 'SIGTERM')
    // The first process of a PID namespace ignores signals it has no handler for, as in any container.
    const timer = setTimeout(() => kill(this.pid, 'SIGKILL'), graceMs)
    await this.exited
    clearTimeout(timer)
  }
}

function containerEnvironment({ environment, busybox }: ContainerOptions): Record<string, string> {
  const path = process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'
  return { PATH: busybox ? `${BUSYBOX_FOLDER}:${path}` : path, HOME: '/', LC_ALL: 'C', ...environment }
}

function privilegeArguments({ privileged, user, capabilities }: Privileges): string[] {
  const identity = user === 0 ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  if (privileged) return identity.length > 0 ? ['setpriv', ...identity, '--'] : []
  const bounding = ['-all', ...capabilities.map((name) => `+${name}`)].join(',')
  return ['setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all', ...identity, '--']
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}
