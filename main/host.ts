import { RpcSession } from 'capnweb'
import type { HostContract } from '../common/contract.ts'
import type { MessageTransport } from '../common/message-transport.ts'
import { RecentCaptures } from './captures/recent-captures.ts'
import { Samples } from './captures/samples.ts'
import { answerData } from './data-plane/data-plane.ts'
import type { DataAnswer, DataRequest } from './data-plane/data-plane.ts'
import { exposeContract } from './expose.ts'
import { AppService } from './services/app.ts'
import type { Visitor } from './services/app.ts'
import { CaptureLibrary, CapturesService } from './services/captures.ts'
import { SettingsStore } from './services/settings.ts'

export interface HostOptions {
  readonly version: string
  /** Where settings and recent captures are kept. */
  readonly userFolder: string
  readonly samplesFolder: string
  /** For the person: something that could not be read or kept, and what follows. */
  readonly warn: (message: string) => void
  /** For the log: an error that is ours. */
  readonly report: (where: string, error: unknown) => void
}

/** The host: every service, built once, here. A door gives it visitors. */
export class Host {
  readonly version: string
  readonly captures: CaptureLibrary
  readonly recent: RecentCaptures
  readonly settings: SettingsStore
  readonly #samples: Samples
  readonly #report: HostOptions['report']

  private constructor(options: HostOptions, settings: SettingsStore, recent: RecentCaptures) {
    this.version = options.version
    this.settings = settings
    this.recent = recent
    this.#samples = new Samples(options.samplesFolder)
    this.captures = new CaptureLibrary(recent, this.#samples)
    this.#report = options.report
  }

  static async start(options: HostOptions): Promise<Host> {
    const [settings, recent] = await Promise.all([
      SettingsStore.load(options.userFolder, options.warn),
      RecentCaptures.load(options.userFolder, options.warn),
    ])
    return new Host(options, settings, recent)
  }

  /** The contract for one visitor, called directly. */
  contract(visitor: Visitor): HostContract {
    return {
      app: new AppService(this.version, this.settings, visitor),
      captures: new CapturesService(this.captures, this.recent, this.#samples, visitor),
    }
  }

  /** Serves the contract over a line until the line ends; what the visitor subscribed to ends with it. */
  connect(transport: MessageTransport, visitor: Visitor): void {
    const exposed = exposeContract(this.contract(visitor), this.#report)
    new RpcSession(transport, exposed)
  }

  /** When all that was changed is on disk. */
  async written(): Promise<void> {
    await Promise.all([this.settings.written(), this.recent.written()])
  }

  /** The data plane; see answerData. */
  data(request: DataRequest, signal: AbortSignal): Promise<DataAnswer> {
    return answerData(this.captures, request, signal)
  }
}
