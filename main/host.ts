import { join } from 'node:path'
import { RpcSession } from 'capnweb'
import { JoinedId, type HostContract } from '../common/contract.ts'
import type { MessageTransport } from '../common/message-transport.ts'
import { RecentCaptures } from './captures/recent-captures.ts'
import { Samples } from './captures/samples.ts'
import type { ChunkMemory } from './data-plane/chunk-memory.ts'
import { answerData } from './data-plane/data-plane.ts'
import type { DataAnswer, DataRequest } from './data-plane/data-plane.ts'
import { forgetDemos } from './demo/demo-context.ts'
import { exposeContract } from './expose.ts'
import { Ledger } from './kubernetes/capture/ledger.ts'
import { ClusterAccess } from './kubernetes/cluster-access.ts'
import { loginEnvironment } from './kubernetes/login-environment.ts'
import { AppService } from './services/app.ts'
import type { Visitor } from './services/app.ts'
import { CaptureLibrary, CapturesService } from './services/captures.ts'
import { ChecksService } from './services/checks.ts'
import { CaptureStore } from './services/capturing/capture-store.ts'
import { CapturingService } from './services/capturing/index.ts'
import { JoinedCaptures } from './services/capturing/joined-captures.ts'
import { LiveCaptures } from './services/capturing/live-captures.ts'
import { ContextBook } from './services/clusters/context-book.ts'
import { ContextStates } from './services/clusters/context-states.ts'
import { DemoCluster } from './services/clusters/demo-cluster.ts'
import { ClustersService } from './services/clusters/index.ts'
import { Sweeps } from './services/clusters/sweeps.ts'
import { Contexts } from './services/contexts.ts'
import { ExplorerService } from './services/explorer/index.ts'
import { NotesService } from './services/notes.ts'
import { SettingsStore } from './services/settings.ts'
import { TerminalsService } from './services/terminals/index.ts'
import { Terminals } from './services/terminals/terminals.ts'

export interface HostOptions {
  readonly version: string
  /** Where settings and recent captures are kept. */
  readonly userFolder: string
  readonly samplesFolder: string
  /** Where captures from clusters are kept, in a folder of their own; default: the folder of settings. */
  readonly dataFolder?: string
  /** What kubectl would see: KUBECONFIG, PATH, proxies. Default: as the person's login shell has it. */
  readonly environment?: () => Promise<Readonly<Record<string, string | undefined>>>
  /** Starts the demo cluster, and knows no other contexts than its own. */
  readonly demo?: boolean
  /** For the person: something that could not be read or kept, and what follows. */
  readonly warn: (message: string) => void
  /** For the log: an error that is ours. */
  readonly report: (where: string, error: unknown) => void
}

const CLOSE_WITHIN_MS = 10_000
const TIDY_MS = 60_000

/** The host: every service, built once, here. A door gives it visitors. */
export class Host {
  readonly version: string
  readonly captures: CaptureLibrary
  readonly recent: RecentCaptures
  readonly settings: SettingsStore
  readonly #samples: Samples
  readonly #report: HostOptions['report']
  readonly #states: ContextStates
  readonly #explorer: ExplorerService
  readonly #capturing: CapturingService
  readonly #live: LiveCaptures
  readonly #joined: JoinedCaptures
  readonly #sweeps: Sweeps
  readonly #book: ContextBook
  readonly #contexts: Contexts
  readonly #terminals: Terminals
  readonly #checks: ChecksService
  readonly #terminalsService: TerminalsService
  readonly #notes: NotesService
  readonly #demo: DemoCluster
  readonly #ledger: Ledger
  #tidying: NodeJS.Timeout | undefined

  private constructor(
    options: HostOptions,
    settings: SettingsStore,
    recent: RecentCaptures,
    book: ContextBook,
    demo: DemoCluster,
  ) {
    this.version = options.version
    this.settings = settings
    this.recent = recent
    this.#samples = new Samples(options.samplesFolder)
    this.captures = new CaptureLibrary(recent, this.#samples)
    this.#report = options.report
    this.#book = book
    this.#demo = demo
    const contexts = new Contexts(new ClusterAccess(options.environment), options.demo ? [] : book.files)
    this.#contexts = contexts
    const ledger = new Ledger(join(options.userFolder, 'ledger.jsonl'))
    this.#ledger = ledger
    const dataFolder = options.dataFolder ?? options.userFolder
    const notePlaces = { dataFolder, samplesFolder: options.samplesFolder }
    const store = new CaptureStore(join(dataFolder, 'captures'), notePlaces)
    const served = this.captures
    this.#joined = new JoinedCaptures(store, served)
    // Nothing waits for it.
    store.removeUnfinished().catch((error: unknown) => options.report('capturing.unfinished', error))
    const { report } = options
    this.#live = new LiveCaptures({ contexts, book, ledger, store, served, recent, report })
    const environment = options.environment ?? loginEnvironment
    this.#terminals = new Terminals({ contexts, book, ledger, environment, report })
    this.#checks = new ChecksService({ contexts, book, ledger, report })
    this.#terminalsService = new TerminalsService(
      this.#terminals,
      this.captures,
      options.dataFolder ?? options.userFolder,
    )
    this.#notes = new NotesService(this.captures, notePlaces)
    this.#sweeps = new Sweeps(
      contexts,
      ledger,
      (capture) =>
        this.#terminals.has(capture) ||
        this.#checks.has(capture) ||
        this.#live.live.some(({ id, endedAt }) => id === capture && endedAt === undefined),
    )
    this.#states = new ContextStates(contexts)
    this.#explorer = new ExplorerService(contexts)
    this.#capturing = new CapturingService(contexts, book, ledger, store, this.#live, recent, this.#joined)
  }

  static async start(options: HostOptions): Promise<Host> {
    const [settings, recent, book] = await Promise.all([
      SettingsStore.load(options.userFolder, options.warn),
      RecentCaptures.load(options.userFolder, options.warn),
      ContextBook.load(options.userFolder, options.warn),
    ])
    const demo = new DemoCluster(options.samplesFolder)
    const environment = options.demo ? await demoEnvironment(demo, options.environment) : options.environment
    const host = new Host({ ...options, ...(environment ? { environment } : {}) }, settings, recent, book, demo)
    await forgetDemos(host.#ledger).catch((error: unknown) => options.report('clusters.sweep', error))
    // Nothing waits for it: clusters may be far away.
    host.#sweeps.atStart().catch((error: unknown) => options.report('clusters.sweep', error))
    host.#tidying = setInterval(() => {
      host.#sweeps.tidy().catch((error: unknown) => options.report('clusters.tidy', error))
    }, TIDY_MS).unref()
    return host
  }

  /** The contract for one visitor, called directly. */
  contract(visitor: Visitor): HostContract {
    return {
      app: new AppService(this.version, this.settings, visitor),
      captures: new CapturesService(this.captures, this.recent, this.#samples, visitor),
      clusters: new ClustersService(this.#contexts, this.#states, this.#book, this.#sweeps, this.#demo, visitor),
      explorer: this.#explorer,
      capturing: this.#capturing,
      terminals: this.#terminalsService,
      checks: this.#checks,
      notes: this.#notes,
    }
  }

  /** Serves the contract over a line until the line ends; what the visitor subscribed to ends with it. */
  connect(transport: MessageTransport, visitor: Visitor): void {
    const exposed = exposeContract(this.contract(visitor), this.#report)
    new RpcSession(transport, exposed)
  }

  /** When all that was changed is on disk. */
  async written(): Promise<void> {
    await Promise.all([this.settings.written(), this.recent.written(), this.#book.written()])
  }

  /** Ends captures in order, as far as that takes no longer than a person waits; when all that was changed is on disk. */
  async close(): Promise<void> {
    clearInterval(this.#tidying)
    await Promise.all([this.#live.close(CLOSE_WITHIN_MS), this.#closeTerminals(), this.#joined.close()])
    await this.written()
    this.#contexts[Symbol.dispose]()
    await this.#demo.close()
  }

  async #closeTerminals(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref())
    await Promise.race([this.#terminals.closeAll(), late])
  }

  /** The data plane; see answerData. What a window joins comes here, too. */
  data(request: DataRequest, signal: AbortSignal, memory?: ChunkMemory): Promise<DataAnswer> {
    if (JoinedId.safeParse(request.id).success) return this.#joined.answer(request)
    return answerData(this.captures, request, signal, memory)
  }
}

/** As it is, but that kubectl would see only the demo. */
async function demoEnvironment(
  demo: DemoCluster,
  environment: NonNullable<HostOptions['environment']> = loginEnvironment,
): Promise<NonNullable<HostOptions['environment']>> {
  const { kubeconfig } = await demo.start()
  return async () => ({ ...(await environment()), KUBECONFIG: kubeconfig })
}
