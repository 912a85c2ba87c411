import { readdir } from 'node:fs/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { Kubeconfig } from '../../kubernetes/kubeconfig.ts'
import { Terminals, type TerminalsParts } from './terminals.ts'

afterEach(() => void vi.unstubAllEnvs())

const CONFIG: Kubeconfig = {
  contexts: [{ name: 'shop', cluster: 'c', user: 'u', namespace: 'default', file: '/x' }],
  clusters: new Map([['c', { name: 'c', server: 'https://127.0.0.1:1', skipVerify: false }]]),
  users: new Map([['u', { name: 'u', token: 'a-token' }]]),
  currentContext: 'shop',
  files: [],
  problems: [],
}

it('leave no credentials behind where a shell on this machine could not be started', async () => {
  const folder = temporaryFolder()
  vi.stubEnv('XDG_RUNTIME_DIR', folder)
  const parts: Partial<TerminalsParts> = {
    contexts: { config: () => Promise.resolve(CONFIG) } as TerminalsParts['contexts'],
    environment: () => Promise.reject(new Error('the login shell hangs')),
  }
  const terminal = new Terminals(parts as TerminalsParts).open(
    { kind: 'local', context: 'shop' },
    { columns: 80, rows: 24 },
  )
  await vi.waitFor(() => expect(terminal.facts().end?.reason).toContain('the login shell hangs'))
  expect(await readdir(folder)).toEqual([])
})
