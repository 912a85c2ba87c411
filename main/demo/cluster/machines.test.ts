import { spawnSync } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NamespaceFabric } from './machines.ts'
import { whyNoNamespaces } from './namespaces.ts'

const reason = whyNoNamespaces()

describe.skipIf(reason !== undefined)(`machines of namespaces${reason ? ` (${reason})` : ''}`, () => {
  it('have the names they are given, which are no shell text', async () => {
    const fabric = await NamespaceFabric.create()
    onTestFinished(() => fabric.close())
    expect(hostname((await fabric.machine('node-a')).pid)).toBe('node-a')
    // No name of a machine; what matters is that nothing of it is run.
    const machine = await fabric.machine("'; exit 3; '")
    const pod = await machine.pod("'; exit 3; '", false)
    onTestFinished(() => pod.close())
    expect(pod.address).toBe('10.244.2.2')
  })
})

const hostname = (pid: number) =>
  spawnSync('nsenter', ['-t', String(pid), '-u', 'hostname'], { encoding: 'utf8' }).stdout.trim()
