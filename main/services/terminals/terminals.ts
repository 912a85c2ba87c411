import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type { Subscription } from '../../../common/contract.ts'
import { HostError } from '../../../common/host-error.ts'
import type { TerminalEnd, TerminalFacts, TerminalTarget } from '../../../common/model/terminal.ts'
import { requireAllowed, shellPermissions } from '../../kubernetes/shell-place.ts'
import { Watched } from '../../streams.ts'
import { loginShell, openLocalShell } from '../../terminals/local-shell.ts'
import { openPluginLogin } from '../../terminals/plugin-login.ts'
import { openPodShell } from '../../terminals/pod-shell.ts'
import { writePrivateKubeconfig } from '../../terminals/private-kubeconfig.ts'
import { Terminal } from '../../terminals/terminal.ts'
import type { OpenLine, TerminalLine, TerminalSize } from '../../terminals/terminal-line.ts'
import { makeShellPlace, type MadeTarget, type ShellPlaceParts } from '../shell-places.ts'

const MOST = 32

export interface TerminalsParts extends ShellPlaceParts {
  readonly environment: () => Promise<Readonly<Record<string, string | undefined>>>
  /** For the log: what could not be removed is in the ledger. */
  readonly report: (where: string, error: unknown) => void
}

/** All terminals of the host, whichever window opened them. */
export class Terminals {
  readonly #parts: TerminalsParts
  readonly #open = new Map<string, Terminal>()
  readonly #closing = new Set<Promise<void>>()
  readonly #facts = new Watched<readonly TerminalFacts[]>([])

  constructor(parts: TerminalsParts) {
    this.#parts = parts
  }

  watch(): Subscription<readonly TerminalFacts[]> {
    return this.#facts.watch()
  }

  /** Whether what the ledger has under this name is in use by a terminal. */
  has(id: string | undefined): boolean {
    return id !== undefined && this.#open.has(id)
  }

  find(id: string): Terminal {
    const terminal = this.#open.get(id)
    if (!terminal) throw new HostError('not-found', 'This terminal was closed.')
    return terminal
  }

  open(target: TerminalTarget, size: TerminalSize): Terminal {
    if (this.#open.size >= MOST) throw new HostError('unavailable', `${MOST} terminals are open: close one first.`)
    const id = `terminal-${randomBytes(6).toString('hex')}`
    const terminal = new Terminal(id, target, titleOf(target), size, this.#opener(id, target), () => this.#changed())
    this.#open.set(id, terminal)
    this.#changed()
    return terminal
  }

  async close(id: string): Promise<void> {
    const terminal = this.find(id)
    const closing = terminal.close()
    this.#closing.add(closing)
    // One that is being started may learn late that nobody wants it any more.
    if (terminal.facts().state === 'starting') this.#remove(id)
    try {
      await closing
    } finally {
      this.#closing.delete(closing)
      this.#remove(id)
    }
  }

  async closeAll(): Promise<void> {
    for (const id of [...this.#open.keys()]) this.close(id).catch(() => undefined)
    await Promise.allSettled(this.#closing)
  }

  #remove(id: string): void {
    if (this.#open.delete(id)) this.#changed()
  }

  #changed(): void {
    this.#facts.set([...this.#open.values()].map((terminal) => terminal.facts()))
  }

  #opener(id: string, target: TerminalTarget): OpenLine {
    switch (target.kind) {
      case 'local':
        return (size, handlers) => this.#local(target, size, handlers)
      case 'login':
        return async (size, handlers, signal) =>
          openPluginLogin(await this.#parts.contexts.login(target.context), size, handlers, signal)
      case 'container':
        return async (size, handlers, signal) => {
          const { connection } = await this.#parts.contexts.open(target.context)
          await requireAllowed(connection, shellPermissions('container', target.namespace))
          return openPodShell(connection, target, size, handlers, signal)
        }
      case 'debug-container':
      case 'node':
        return (size, handlers, signal) => this.#debug(id, target, size, handlers, signal)
    }
  }

  async #local(
    target: TerminalTarget & { readonly kind: 'local' },
    ...[size, handlers]: [TerminalSize, Parameters<OpenLine>[1]]
  ): Promise<TerminalLine> {
    const { contexts, environment } = this.#parts
    // Before there is a file with credentials that only the shell removes.
    const env = await environment()
    const kubeconfig =
      target.context === undefined
        ? undefined
        : await writePrivateKubeconfig(await contexts.config(), target.context, target.namespace)
    return openLocalShell(env, kubeconfig, size, handlers)
  }

  async #debug(
    id: string,
    target: MadeTarget,
    ...[size, handlers, signal]: Parameters<OpenLine>
  ): Promise<TerminalLine> {
    const { connection, place } = await makeShellPlace(this.#parts, id, target, handlers.note, signal)
    const remove = () => place.close().catch((error: unknown) => this.#parts.report('terminals.remove', error))
    let line: TerminalLine
    try {
      line = await openPodShell(connection, place, size, handlers, signal)
    } catch (error) {
      await remove()
      throw error
    }
    // What was made goes with the shell, whoever ends it.
    const ended = thenRemove(line.ended, remove)
    ended.catch(() => undefined)
    return {
      ...line,
      ended,
      async close() {
        await line.close()
        await ended.catch(() => undefined)
      },
    }
  }
}

async function thenRemove(ended: Promise<TerminalEnd>, remove: () => Promise<void>): Promise<TerminalEnd> {
  try {
    return await ended
  } finally {
    await remove()
  }
}

function titleOf(target: TerminalTarget): string {
  switch (target.kind) {
    case 'local':
      return `${basename(loginShell(process.env))}${target.context === undefined ? '' : ` (${[target.context, target.namespace].filter(Boolean).join(', ')})`}`
    case 'login':
      return `Log in (${target.context})`
    case 'container':
      return `${target.pod} (${target.container})`
    case 'debug-container':
      return `${target.pod} (debug)`
    case 'node':
      return `node ${target.node}`
  }
}
