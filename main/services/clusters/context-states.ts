import type { Subscription } from '../../../common/contract.ts'
import type { Permission } from '../../../common/model/preflight.ts'
import type { ContextEntry, ContextList, ContextState, ContextStatus } from '../../../common/model/context.ts'
import { permissionText } from '../../kubernetes/capture/ladder.ts'
import { isAllowed } from '../../kubernetes/cluster-access.ts'
import type { Kubeconfig, KubeContext } from '../../kubernetes/kubeconfig.ts'
import { Watched } from '../../streams.ts'
import { isDemo } from '../../demo/demo-context.ts'
import { serverText, type Contexts } from '../contexts.ts'

const AGAIN_MS = 30_000
const AT_ONCE = 6

const list = (resource: string): Permission => ({ verb: 'list', group: '', resource })
/** What the explorer would like to do everywhere; without it the person names a namespace. */
const WANTED: readonly Permission[] = [list('namespaces'), list('pods'), list('nodes')]

/** How all contexts are, kept up to date while somebody looks. */
export class ContextStates {
  readonly #contexts: Contexts
  readonly #now = new Watched<ContextList>({ contexts: [], files: [], problems: [], revision: 0 })
  #watchers = 0
  #unwatch: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #revision = 0

  constructor(contexts: Contexts) {
    this.#contexts = contexts
  }

  /** Files are watched and contexts asked until the last who looks has left. */
  watch(): Subscription<ContextList> {
    let inner: ReadableStreamDefaultReader<ContextList> | undefined
    let left = false
    const leave = () => {
      if (left) return
      left = true
      void inner?.cancel()
      this.#watchers--
      if (this.#watchers === 0) this.#rest()
    }
    return new ReadableStream<ContextList>(
      {
        start: async (controller) => {
          this.#watchers++
          try {
            if (this.#watchers === 1) await this.#begin()
            const stream = this.#now.watch()
            inner = stream instanceof ReadableStream ? stream.getReader() : undefined
            if (left) void inner?.cancel()
          } catch (error) {
            leave()
            controller.error(error)
          }
        },
        pull: async (controller) => {
          const answer = await inner?.read()
          if (answer && !answer.done) controller.enqueue(answer.value)
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    )
  }

  async ask(name: string): Promise<ContextEntry> {
    const asked = this.#revision
    this.#change(name, (entry) => ({ ...entry, state: 'asking' }))
    await this.#contexts.retry(name)
    const status = await this.#contexts.probe(name)
    const missing = status.reachable ? await this.#missing(name) : []
    const entry = { ...status, state: stateOf(status), missing, ...demoOf(status) }
    if (asked === this.#revision) this.#change(name, () => entry)
    return entry
  }

  /** The files are read anew: they changed, or others are looked at. */
  async reload(): Promise<void> {
    this.#contexts.forget()
    if (this.#watchers === 0) return
    this.#rest()
    await this.#begin()
  }

  async #begin(): Promise<void> {
    const revision = ++this.#revision
    const config = await this.#contexts.config()
    // Begun anew meanwhile: that watches.
    if (revision !== this.#revision) return
    const before = new Map(this.#now.value.contexts.map((entry) => [entry.name, entry]))
    const added = new Set(this.#contexts.added)
    this.#now.set({
      contexts: config.contexts.map((context) => entryOf(config, context, before.get(context.name))),
      files: config.files.map((path) => ({ path, added: added.has(path) })),
      problems: config.problems,
      revision,
    })
    if (this.#watchers === 0) return
    this.#unwatch = [
      this.#contexts.watch(() => void this.reload().catch(() => undefined)),
      // A user may be that of several contexts; one that needs another login says so again at once.
      this.#contexts.onLogin(() => {
        for (const { name, state } of this.#now.value.contexts) {
          if (state === 'needs-login') void this.ask(name).catch(() => undefined)
        }
      }),
    ]
    this.#timer = setInterval(() => void this.#askAll(config, true), AGAIN_MS)
    void this.#askAll(config, false)
  }

  #rest(): void {
    for (const end of this.#unwatch) end()
    this.#unwatch = []
    clearInterval(this.#timer)
  }

  async #askAll(config: Kubeconfig, again: boolean): Promise<void> {
    const states = new Map(this.#now.value.contexts.map(({ name, state }) => [name, state]))
    const due = config.contexts.filter((context) => {
      const state = states.get(context.name)
      return again ? state !== undefined && state !== 'asking' && state !== 'not-asked' : state === 'asking'
    })
    const revision = this.#revision
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = due.shift(); next && revision === this.#revision; next = due.shift()) {
          if (again) await this.#askQuietly(next.name)
          else await this.ask(next.name)
        }
      }),
    )
  }

  /** Asked again, a context keeps its state until the answer is there. */
  async #askQuietly(name: string): Promise<void> {
    const asked = this.#revision
    const status = await this.#contexts.probe(name)
    if (asked !== this.#revision) return
    const missing = status.reachable ? await this.#missing(name) : []
    this.#change(name, () => ({ ...status, state: stateOf(status), missing, ...demoOf(status) }))
  }

  async #missing(name: string): Promise<readonly string[]> {
    try {
      const { connection } = await this.#contexts.open(name)
      const allowed = await Promise.all(WANTED.map((permission) => isAllowed(connection, permission)))
      return WANTED.filter((_, index) => allowed[index] === false).map(permissionText)
    } catch {
      // The reviews are an amenity: what fails for lack of them says so in its place.
      return []
    }
  }

  #change(name: string, change: (entry: ContextEntry) => ContextEntry): void {
    const { value } = this.#now
    this.#now.set({ ...value, contexts: value.contexts.map((one) => (one.name === name ? change(one) : one)) })
  }
}

const stateOf = ({ reachable, needsLogin }: ContextStatus): ContextState =>
  reachable ? 'reachable' : needsLogin ? 'needs-login' : 'unreachable'

/** The demo listens on loopback; a context of the person may have its name. */
const demoOf = ({ name, server }: Pick<ContextEntry, 'name' | 'server'>) =>
  isDemo(name) && server.startsWith('https://127.0.0.1:') ? { demo: true } : {}

/** As it is known before it was asked; what was known of it before stays on view. */
function entryOf(config: Kubeconfig, context: KubeContext, before: ContextEntry | undefined): ContextEntry {
  const current = config.currentContext === context.name
  const user = config.users.get(context.user)
  // A plugin may open a browser or wait for a key: nothing that should happen to thirty contexts because an app was started.
  // One that always wants a terminal is not run by asking.
  const logsIn = user?.exec?.interactiveMode === 'IfAvailable'
  return {
    missing: [],
    reachable: false,
    ...before,
    name: context.name,
    server: serverText(config, context),
    namespace: context.namespace,
    current,
    file: context.file,
    state: logsIn && !current && !before?.reachable ? 'not-asked' : 'asking',
  }
}
