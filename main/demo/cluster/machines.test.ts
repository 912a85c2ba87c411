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

  it('keep the address that their pods send to, whichever pods come and go', async () => {
    const fabric = await NamespaceFabric.create()
    onTestFinished(() => fabric.close())
    const machine = await fabric.machine('node-a')
    const gateway = () => /link\/ether (\S+)/.exec(machine.run('ip', '-o', 'link', 'show', 'cni0'))?.[1]
    const before = gateway()
    const pod = await machine.pod('web', false)
    expect(gateway()).toBe(before)
    await pod.close()
    expect(gateway()).toBe(before)
  })
})

const hostname = (pid: number) =>
  spawnSync('nsenter', ['-t', String(pid), '-u', 'hostname'], { encoding: 'utf8' }).stdout.trim()
