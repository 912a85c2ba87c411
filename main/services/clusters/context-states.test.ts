import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { ClusterAccess } from '../../kubernetes/cluster-access.ts'
import { Contexts } from '../contexts.ts'
import { ContextStates } from './context-states.ts'

it('files are watched once, whatever changes at the same time, and not at all once nobody looks', async () => {
  const file = join(temporaryFolder(), 'config')
  writeFileSync(file, 'contexts: []\n')
  using contexts = new Contexts(new ClusterAccess(() => Promise.resolve({ KUBECONFIG: file })))
  let watched = 0
  vi.spyOn(contexts, 'watch').mockImplementation(() => {
    watched++
    return () => void watched--
  })
  const states = new ContextStates(contexts)
  // Who looks leaves before the files are read, and another comes.
  const left = states.watch()
  await left.cancel()
  const reader = states.watch().getReader()
  await reader.read()
  await vi.waitFor(() => expect(watched).toBe(1))
  await Promise.all([states.reload(), states.reload(), states.reload()])
  expect(watched).toBe(1)
  await reader.cancel()
  expect(watched).toBe(0)
})
