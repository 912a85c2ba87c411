import type { ContainerOptions, ContainerProcess, Fabric, Machine, Sandbox } from '../cluster/running.ts'
import { ReplayContainer, type ReplayNeighbours } from './replay-container.ts'
import type { ReplayedTraffic } from './traffic.ts'

const PROGRAMS = ['sh', 'tcpdump', 'nsenter']

export interface ReplayAddresses {
  /** By the node's name. */
  readonly nodes: ReadonlyMap<string, string>
  /** By the pod's name; others get one that nothing passes. */
  readonly pods: ReadonlyMap<string, string>
}

/** Machines that are made of recordings: every pod sees what was recorded of its address, at its own pace, again and again. */
export class ReplayFabric implements Fabric {
  readonly #traffic: ReplayedTraffic
  readonly #addresses: ReplayAddresses
  #machines = 0

  constructor(traffic: ReplayedTraffic, addresses: ReplayAddresses) {
    this.#traffic = traffic
    this.#addresses = addresses
  }

  async machine(name: string): Promise<Machine> {
    return new ReplayMachine(name, ++this.#machines, this.#traffic, this.#addresses)
  }

  async close(): Promise<void> {}
}

class ReplayMachine implements Machine, ReplayNeighbours {
  readonly name: string
  readonly address: string
  readonly podRange: string
  readonly #number: number
  readonly #traffic: ReplayedTraffic
  readonly #addresses: ReplayAddresses
  readonly #containers = new Map<string, { readonly process: number; readonly address: string }>()
  #pods = 200

  constructor(name: string, number: number, traffic: ReplayedTraffic, addresses: ReplayAddresses) {
    this.name = name
    this.#number = number
    this.#traffic = traffic
    this.#addresses = addresses
    this.address = addresses.nodes.get(name) ?? `10.0.${number}.1`
    this.podRange = `10.244.${number}.0/24`
  }

  has(program: string): boolean {
    return PROGRAMS.includes(program)
  }

  async pod(name: string, hostNetwork: boolean): Promise<Sandbox> {
    const own = this.#addresses.pods.get(name) ?? `10.244.${this.#number}.${++this.#pods}`
    const address = hostNetwork ? this.address : own
    return {
      address,
      container: async (options: ContainerOptions) => {
        this.#containers.set(options.id, { process: 1000 + this.#containers.size, address })
        return new ReplayContainer(this.#traffic, address, options, this)
      },
      connect: (): ContainerProcess | undefined => undefined,
      run: (program: string) => this.run(program),
      close: async () => {},
    }
  }

  run(program: string): string {
    throw new Error(`${program} can't be run in a recording`)
  }

  processOf(id: string): number | undefined {
    return this.#containers.get(id)?.process
  }

  addressOf(process: number): string | undefined {
    return [...this.#containers.values()].find((one) => one.process === process)?.address
  }

  async close(): Promise<void> {}
}
