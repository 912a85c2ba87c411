import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ContextStatus } from '../../common/model/context.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { ClusterAccess, OpenContext } from '../kubernetes/cluster-access.ts'
import { canLogIn, measure, whoami } from '../kubernetes/cluster-access.ts'
import type { PluginLogin } from '../kubernetes/exec-credential.ts'
import type { Kubeconfig, KubeContext } from '../kubernetes/kubeconfig.ts'
import { LoginNeeded } from '../kubernetes/plugin-process.ts'

const SETTLE_MS = 200

/** The contexts of the kubeconfig files, as they are on disk now, and the connections that are open to them. */
export class Contexts implements Disposable {
  readonly #access: ClusterAccess
  #added: readonly string[]
  #extra: readonly string[] = []
  readonly #open = new Map<string, Promise<OpenContext>>()
  #config: Promise<Kubeconfig> | undefined
  readonly #loginListeners = new Set<() => void>()

  constructor(access: ClusterAccess, added: readonly string[] = []) {
    this.#access = access
    this.#added = added
  }

  get added(): readonly string[] {
    return this.#added
  }

  /** Looks at these files besides, from now on. */
  setAdded(files: readonly string[]): void {
    this.#added = files
    this.forget()
  }

  /** Looks at these files too, while this host lives. */
  setExtra(files: readonly string[]): void {
    this.#extra = files
    this.forget()
  }

  config(): Promise<Kubeconfig> {
    this.#config ??= this.#access.load([...this.#added, ...this.#extra])
    return this.#config
  }

  /** The connection to a context, the current one when none is named; one for all who ask. Makes no request. */
  async open(name?: string): Promise<OpenContext> {
    const reading = this.config()
    const config = await reading
    // The files changed meanwhile.
    if (reading !== this.#config) return this.open(name)
    const key = name ?? config.currentContext ?? ''
    const known = this.#open.get(key)
    if (known) return known
    const opening = this.#access.open(config, name)
    this.#open.set(key, opening)
    opening.catch(() => this.#open.get(key) === opening && this.#open.delete(key))
    return opening
  }

  /** Asks a context how it is. Never throws: what is wrong is the answer. */
  async probe(name: string): Promise<ContextStatus> {
    const config = await this.config()
    const context = config.contexts.find((one) => one.name === name)
    const facts = {
      name,
      server: serverText(config, context),
      namespace: context?.namespace ?? 'default',
      current: config.currentContext === name,
      file: context?.file ?? '',
    }
    try {
      const { connection } = await this.open(name)
      const { version, latencyMs } = await measure(connection)
      const reached = {
        ...facts,
        reachable: true,
        latencyMs,
        ...(version.gitVersion ? { version: version.gitVersion } : {}),
      }
      try {
        const { username, groups } = await whoami(connection)
        return username === '' ? reached : { ...reached, user: username, groups }
      } catch (error) {
        return { ...reached, problem: messageOf(error) }
      }
    } catch (error) {
      const refused = error instanceof ApiError && error.httpStatus === 401 && canLogIn(config, name)
      const needsLogin = refused || error instanceof LoginNeeded
      return { ...facts, reachable: false, problem: messageOf(error), ...(needsLogin ? { needsLogin } : {}) }
    }
  }

  /** The next probe runs the login plugin, also when it failed a moment ago. */
  async retry(name: string): Promise<void> {
    const config = await this.config()
    if (config.contexts.some((context) => context.name === name)) this.#access.retry(config, name)
  }

  /** A run of the context's login plugin, for a terminal. */
  async login(name: string): Promise<PluginLogin> {
    const login = await this.#access.login(await this.config(), name)
    return {
      ...login,
      accept: (printed) => {
        login.accept(printed)
        for (const listener of this.#loginListeners) listener()
      },
    }
  }

  /** Calls `listener` when somebody has logged in, in a terminal. The returned function ends it. */
  onLogin(listener: () => void): () => void {
    this.#loginListeners.add(listener)
    return () => this.#loginListeners.delete(listener)
  }

  /** Calls `changed` when a kubeconfig file does; connections are made anew from then on. The returned function ends it. */
  watch(changed: () => void): () => void {
    const watchers: FSWatcher[] = []
    let settle: NodeJS.Timeout | undefined
    let ended = false
    void this.config().then(({ files }) => {
      for (const folder of new Set(files.map(dirname))) {
        if (ended) return
        const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)))
        try {
          // The folder: editors and kubectl replace the file rather than write into it.
          const watcher = watch(folder, { persistent: false }, (_event, name) => {
            if (name !== null && !names.has(name)) return
            clearTimeout(settle)
            settle = setTimeout(() => {
              this.forget()
              changed()
            }, SETTLE_MS)
          })
          watcher.on('error', () => undefined)
          watchers.push(watcher)
        } catch {
          // The folder is not there.
        }
      }
    })
    return () => {
      ended = true
      clearTimeout(settle)
      for (const watcher of watchers) watcher.close()
    }
  }

  /** The files are read anew. Streams that are open go on. */
  forget(): void {
    this.#config = undefined
    this.#open.clear()
  }

  [Symbol.dispose](): void {
    for (const open of this.#open.values()) {
      open.then(
        ({ connection }) => connection.close(),
        () => undefined,
      )
    }
    this.#open.clear()
  }
}

/** The server's URL as it may be shown: a name and password in it are no part of that. */
export function serverText(config: Kubeconfig, context: KubeContext | undefined): string {
  const server = config.clusters.get(context?.cluster ?? '')?.server ?? ''
  return server.replace(/^([a-z]+:\/\/)?[^/@]*@/i, '$1')
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
