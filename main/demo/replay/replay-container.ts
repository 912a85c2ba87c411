import { BEAT, END, FIND_PROCESS, PULL, START, STOP, SUPERVISOR } from '../../kubernetes/capture/pod-scripts.ts'
import type { ContainerExit, ContainerOptions, ContainerProcess, RunningContainer } from '../cluster/running.ts'
import { packetFilter } from './packet-filter.ts'
import { ReplayCapture } from './replay-capture.ts'
import { ReplayProcess } from './replay-process.ts'
import { pull } from './replay-pull.ts'
import type { ReplayedTraffic } from './traffic.ts'

const CHECK_MS = 500
const INTERFACES = '1.eth0 [Up, Running, Connected]\n2.lo [Up, Running, Loopback]\n'
const NO_SHELL =
  'This demo plays recordings back: its pods have no shell.\r\nAs root on Linux, the demo runs real processes in network namespaces.\r\n'

/** What a container needs to know of the others on its machine. */
export interface ReplayNeighbours {
  /** A number that stands for the processes of a container with that id. */
  processOf(id: string): number | undefined
  /** The address of the network that such a process is in. */
  addressOf(process: number): string | undefined
}

/** A container whose programs are functions: what Hopscope runs in a pod to capture, on recordings. */
export class ReplayContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>
  readonly stdio: ReplayProcess = new ReplayProcess()
  readonly #traffic: ReplayedTraffic
  readonly #address: string
  readonly #neighbours: ReplayNeighbours
  readonly #captures = new Map<string, ReplayCapture>()
  readonly #pulls = new Map<string, ReplayProcess>()
  readonly #check: NodeJS.Timeout | undefined
  readonly #end: (exit: ContainerExit) => void
  #heardAt = Date.now()
  running = true

  constructor(traffic: ReplayedTraffic, address: string, options: ContainerOptions, neighbours: ReplayNeighbours) {
    this.#traffic = traffic
    this.#address = address
    this.#neighbours = neighbours
    const { promise, resolve } = Promise.withResolvers<ContainerExit>()
    this.exited = promise
    this.#end = resolve
    const [, , text, , lease, keep] = options.argv
    if (text === SUPERVISOR) this.#check = setInterval(() => this.#supervise(Number(lease), Number(keep)), CHECK_MS)
  }

  exec(argv: readonly string[]): ContainerProcess {
    const [program, flag, text = '', , ...args] = argv
    if (program === 'sh' && flag === '-c') return this.#script(text, args)
    const command = argv.indexOf('tcpdump')
    if (program === 'tcpdump' || (program === 'nsenter' && command > 0)) return tcpdump(argv.slice(command + 1))
    return ReplayProcess.saying('', 126, NO_SHELL)
  }

  execInTerminal(): ContainerProcess {
    return ReplayProcess.saying(NO_SHELL, 126)
  }

  processes(): readonly { readonly pid: number; readonly name: string }[] {
    return [...this.#captures.values()].filter(({ ended }) => !ended).map(() => ({ pid: 0, name: 'tcpdump' }))
  }

  killProgram(): number {
    return 0
  }

  async stop(): Promise<void> {
    if (!this.running) return
    this.running = false
    clearInterval(this.#check)
    for (const capture of this.#captures.values()) capture.stop('end')
    for (const process of this.#pulls.values()) process.exit(137)
    this.stdio.exit(0)
    this.#end({ code: 0 })
  }

  #script(text: string, args: readonly string[]): ReplayProcess {
    const [id = '', first = '', second = '', most = '', awaited = '', safe = ''] = args
    const capture = this.#captures.get(id)
    switch (text) {
      case BEAT:
        this.#heardAt = Date.now()
        return ReplayProcess.saying('waits\n')
      case START:
        return this.#start(args)
      case STOP:
        capture?.stop('asked')
        return ReplayProcess.saying('stopping\n')
      case END:
        void this.stop()
        return ReplayProcess.saying('')
      case FIND_PROCESS: {
        const found = this.#neighbours.processOf(id)
        return found === undefined ? ReplayProcess.saying('', 4) : ReplayProcess.saying(`${found}\n`)
      }
      case PULL:
        if (!capture) return ReplayProcess.saying('HS1 X no such capture\n', 3)
        return this.#pull(id, capture, {
          segment: Number(first),
          offset: Number(second),
          most: Number(most),
          awaited: awaited === '1',
          safe: Number(safe),
        })
      default:
        return ReplayProcess.saying('', 126, NO_SHELL)
    }
  }

  #start([id = '', seconds = '', segments = '', , ...command]: readonly string[]): ReplayProcess {
    this.#heardAt = Date.now()
    if (!this.#captures.has(id)) {
      // nsenter -t PID -n -- tcpdump ...: another pod's network.
      const entered = command[0] === 'nsenter' ? this.#neighbours.addressOf(Number(command[2])) : undefined
      const on = command[command.indexOf('-i') + 1]
      const address = on === 'eth0' ? (entered ?? this.#address) : 'none'
      const limits = { seconds: Number(seconds), segments: Number(segments) }
      this.#captures.set(id, new ReplayCapture(this.#traffic, address, command, limits))
    }
    return ReplayProcess.saying('ready\n')
  }

  #pull(id: string, capture: ReplayCapture, request: Parameters<typeof pull>[2]): ReplayProcess {
    const process = new ReplayProcess()
    this.#pulls.get(id)?.exit(143)
    this.#pulls.set(id, process)
    process.lines(
      ([word, value]) => {
        if (word === 'b') this.#heardAt = Date.now()
        else if (word === 'a') capture.forget(Number(value))
        else if (word === 's') capture.stop('asked')
        else if (word === 'q') {
          this.#captures.delete(id)
          process.exit(0)
        }
      },
      () => process.exit(143),
    )
    void pull(process, capture, request)
    return process
  }

  /** Nobody is heard: captures stop, later the container ends. */
  #supervise(lease: number, keep: number): void {
    const silent = (Date.now() - this.#heardAt) / 1000
    if (silent > lease) for (const capture of this.#captures.values()) capture.stop('lease')
    if (silent > keep) void this.stop()
  }
}

function tcpdump(args: readonly string[]): ReplayProcess {
  if (args.includes('-D')) return ReplayProcess.saying(INTERFACES)
  const on = args[args.indexOf('-i') + 1] ?? ''
  if (on !== 'eth0' && on !== 'lo') {
    return ReplayProcess.saying('', 1, `tcpdump: ${on}: No such device exists (No such device exists)\n`)
  }
  try {
    packetFilter(args.slice(args.indexOf('--') + 1).join(' '))
    return ReplayProcess.saying('(000) ret      #262144\n')
  } catch (error) {
    return ReplayProcess.saying('', 1, `${error instanceof Error ? error.message : String(error)}\n`)
  }
}
