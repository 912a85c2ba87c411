import type { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { SecurityContext } from '../../kubernetes/objects.ts'

// What a kubelet needs of whatever runs its pods: the kernel's namespaces (machines.ts) or recordings (../replay/).

/** What a client's stream is tied to: a process with pipes, or one with a terminal. */
export interface StreamedProcess {
  readonly pid?: number | undefined
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  once(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'close', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown
  resize?(columns: number, rows: number): void
}

/** A process in a container: a real one, or something that behaves as one. */
export type ContainerProcess = EventEmitter & StreamedProcess & { readonly exitCode: number | null }

export interface ContainerExit {
  /** 128 + the signal's number when a signal ended it. */
  readonly code: number
}

export interface RunningContainer {
  readonly running: boolean
  readonly exited: Promise<ContainerExit>
  /** The first process's streams, for attach. */
  readonly stdio: ContainerProcess
  exec(argv: readonly string[]): ContainerProcess
  /** As exec, with a terminal. */
  execInTerminal(argv: readonly string[]): StreamedProcess
  /** The processes inside by their program's name. */
  processes(): readonly { readonly pid: number; readonly name: string }[]
  /** Ends the processes of that name, as the kernel's OOM killer would; how many there were. */
  killProgram(name: string): number
  stop(graceMs: number): Promise<void>
}

/** What a container may do, from its security context and its image. */
export interface Privileges {
  readonly privileged: boolean
  readonly user: number
  /** Without CAP_: net_raw */
  readonly capabilities: readonly string[]
}

export interface ContainerOptions {
  /** As containerd names it, 64 hex digits; it is in the path of the control group. */
  readonly id: string
  readonly podUid: string
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** BusyBox's programs come before the machine's. */
  readonly busybox: boolean
  readonly privileges: Privileges
  readonly hostPid: boolean
  /** Joins the processes of that container; default: has processes of its own. */
  readonly processesOf?: RunningContainer | undefined
  /** bytes of /tmp; 0 when it can't be written. */
  readonly temporaryBytes: number
}

/** A pod's network. */
export interface Sandbox {
  readonly address: string
  container(options: ContainerOptions): Promise<RunningContainer>
  /** Connects to a port of the pod; undefined where nothing real listens. */
  connect(port: number): ContainerProcess | undefined
  /** Runs a program in the pod's network: iptables, tc. */
  run(program: string, ...args: readonly string[]): string
  close(): Promise<void>
}

export interface Machine {
  readonly name: string
  readonly address: string
  readonly podRange: string
  /** Whether programs of that name can be run in its containers; `busybox`: in those with BusyBox. */
  has(program: string, busybox: boolean): boolean
  pod(name: string, hostNetwork: boolean): Promise<Sandbox>
  /** Runs a program in the machine's network: iptables, tc. */
  run(program: string, ...args: readonly string[]): string
  close(): Promise<void>
}

export interface Fabric {
  machine(name: string): Promise<Machine>
  close(): Promise<void>
}

// containerd's defaults.
const DEFAULT_CAPABILITIES = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'mknod', 'net_bind_service', 'net_raw'],
  ...['setfcap', 'setgid', 'setpcap', 'setuid', 'sys_chroot', 'audit_write'],
]

export function privilegesOf(context: SecurityContext, user: number, hasNetRaw: boolean): Privileges {
  const drop = (context.capabilities?.drop ?? []).map((name) => name.toLowerCase())
  const start = drop.includes('all') ? [] : DEFAULT_CAPABILITIES.filter((name) => hasNetRaw || name !== 'net_raw')
  const add = (context.capabilities?.add ?? []).map((name) => name.toLowerCase())
  const capabilities = [...new Set([...start.filter((name) => !drop.includes(name)), ...add])]
  return { privileged: context.privileged === true, user, capabilities }
}
