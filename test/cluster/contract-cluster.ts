import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { HostContract, Subscription } from '../../common/contract.ts'
import type { PodRow, RowChanges } from '../../common/model/explorer.ts'
import type { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'
import { startHost } from '../support/host.ts'
import { EVERYTHING, TestCluster } from './cluster.ts'

/** In the credentials of user ops. */
export const SECRET = 'PLANTED-2b91e07d-SECRET'

export interface ContractCluster {
  readonly cluster: TestCluster
  readonly host: Host
  readonly contract: HostContract
  /** The host's settings and captures. */
  readonly folder: string
  close(): Promise<void>
}

/** A cluster with two pods of a shop, and a host that knows it as two users: ops may do everything, narrow only look at the shop. */
export async function startContractCluster(): Promise<ContractCluster> {
  const cluster = await TestCluster.start({
    users: [
      { name: 'ops', token: `${SECRET}-token`, rules: EVERYTHING },
      {
        name: 'narrow',
        token: 'narrow-token',
        rules: [{ namespaces: ['shop'], resources: ['pods', 'services', 'events'], verbs: ['get', 'list', 'watch'] }],
      },
    ],
  })
  cluster.namespace('shop', 'baseline')
  await cluster.pod('shop', 'web-1', { nodeName: 'node-a' }, { app: 'web' })
  await cluster.pod('shop', 'web-2', { nodeName: 'node-b' }, { app: 'web' })
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-interface-'))
  const { host } = await startHost(folder, cluster.kubeconfig(['ops', 'narrow']))
  return {
    cluster,
    host,
    contract: host.contract({ door: 'pipe', commands: new Mailbox() }),
    folder,
    async close() {
      await host.close()
      await cluster.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The first answer that `find` makes of the values; the subscription is given up then. */
export async function until<T, R>(
  opening: Promise<Subscription<T>>,
  find: (value: T) => R | undefined | false,
): Promise<R> {
  const reader = (await opening).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Error('the subscription ended')
      const found = find(value)
      if (found !== undefined && found !== false) return found
    }
  } finally {
    await reader.cancel()
  }
}

/** Rows as an interface keeps them: all changes applied. */
export class Rows {
  readonly rows = new Map<string, PodRow>()
  readonly #opening: Promise<Subscription<RowChanges<PodRow>>>
  readonly #control = new AbortController()
  readonly #reading: Promise<void>

  constructor(opening: Promise<Subscription<RowChanges<PodRow>>>) {
    this.#opening = opening
    this.#reading = this.#read()
  }

  async #read(): Promise<void> {
    const reader = (await this.#opening).getReader()
    this.#control.signal.addEventListener('abort', () => void reader.cancel())
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const row of value.set) this.rows.set(row.key, row)
      for (const key of value.gone) this.rows.delete(key)
    }
  }

  async has(names: readonly string[]): Promise<void> {
    await expect.poll(() => [...this.rows.values()].map(({ name }) => name).sort()).toEqual(names)
  }

  async close(): Promise<void> {
    this.#control.abort()
    await this.#reading
  }
}
