import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from '../support/built-main.ts'
import { capturingCluster } from './capturing-cluster.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { readBlocks } from './read-blocks.ts'
import { countSequence, startTraffic } from './sequenced-traffic.ts'
import { skipReason } from './start.ts'

// As it ships: it starts in a third of the time that its sources take.
const CLI = join(import.meta.dirname, '../../out/main/cli.js')
beforeAll(() => build('main'), 60_000)

describe.skipIf(skipReason !== undefined)(
  `signals to a capture${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 120_000 },
  () => {
    const there = capturingCluster()

    async function capture(...args: readonly string[]) {
      const proxy = await cuttingProxy()
      onTestFinished(() => proxy[Symbol.asyncDispose]())
      const text = readFileSync(there.cluster.kubeconfig(['admin']), 'utf8')
      const kubeconfig = join(there.folder, 'through-proxy')
      writeFileSync(kubeconfig, text.replace(/("?server"?: *)/, `"proxy-url": "${proxy.url}", $1`))
      const file = there.file()
      const env = {
        ...process.env,
        KUBECONFIG: kubeconfig,
        HOPSCOPE_CONFIG: join(there.folder, 'config'),
        SHELL: '/bin/sh',
      }
      const all = [CLI, 'capture', ...args, '--filter', 'udp port 9', '--snaplen', 'full', '-o', file]
      const child = spawn(process.execPath, all, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      let said = ''
      for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (bytes: Buffer) => (said += bytes.toString()))
      const ended = once(child, 'close').then(([code]: readonly unknown[]) => ({ code, said }))
      const until = async (is: () => boolean) => {
        while (!is()) {
          if (child.exitCode !== null) throw new Error(`It ended before: ${said}`)
          await sleep(20)
        }
      }
      return { file, proxy, child, ended, until, said: () => said }
    }
    const listens = (file: string) => () => existsSync(file) && readBlocks(file).interfaces.length > 0
    const ours = () => there.cluster.listPods('default').filter(({ metadata }) => metadata.name.startsWith('hopscope-'))
    const gone = async () => {
      while (ours().length > 0) await sleep(50)
    }
    const onNode = ['--node', 'node-a', '--interface', 'cni0']

    it.each([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)('%s before the container runs: what was made is removed, no file is left', async (signal, wanted) => {
      const { file, child, ended, until } = await capture(...onNode)
      await until(() => ours().length > 0)
      child.kill(signal)
      const { code, said } = await ended
      expect([code, said]).toEqual([wanted, expect.stringContaining('Cancelled before the capture began.')])
      await gone()
      expect(existsSync(file)).toBe(false)
    })

    it('where the API server answers no more: the first signal ends what has not begun', async () => {
      const { file, child, ended, proxy, until, said } = await capture(...onNode)
      proxy.link.stalled = true
      await until(() => said().includes('preparing'))
      child.kill('SIGINT')
      expect(await Promise.race([ended, sleep(20_000, 'hangs')])).toMatchObject({ code: 130 })
      expect(existsSync(file)).toBe(false)
    })

    it.each(['SIGINT', 'SIGTERM'] as const)(
      '%s while it captures: all that was captured is fetched',
      async (signal) => {
        const { file, child, ended, until } = await capture('web')
        await until(listens(file))
        const traffic = await startTraffic(there.app('web'), there.db.status?.podIP ?? '', {
          perSecond: 1000,
          size: 400,
          count: 1000,
        })
        const sent = await traffic.stop()
        child.kill(signal)
        const { code, said } = await ended
        expect([code, said]).toEqual([0, expect.stringContaining('packets')])
        const { packets, rest } = readBlocks(file)
        expect(rest).toBe(0)
        expect(countSequence(packets.map(({ bytes }) => bytes))).toMatchObject({ distinct: sent, duplicated: 0 })
      },
    )

    it('a second one gives up what a slow link has not brought: what came can be read', async () => {
      const { file, child, ended, until, proxy } = await capture('web')
      await until(listens(file))
      proxy.link.bytesPerSecond = 50_000
      const traffic = await startTraffic(there.app('web'), there.db.status?.podIP ?? '', {
        perSecond: 4000,
        size: 1400,
        count: 4000,
      })
      await traffic.stop()
      child.kill('SIGINT')
      await until(() => readBlocks(file).packets.length > 100)
      child.kill('SIGINT')
      const { code, said } = await ended
      expect([code, said]).toEqual([1, expect.stringContaining('Given up before everything was fetched')])
      const { packets, rest } = readBlocks(file)
      expect(rest).toBe(0)
      expect(countSequence(packets.map(({ bytes }) => bytes))).toMatchObject({ duplicated: 0, damaged: 0 })
    })

    it('a second one ends it where the API server answers no more', async () => {
      const { file, child, ended, until, proxy, said } = await capture(...onNode)
      await until(listens(file))
      proxy.link.stalled = true
      child.kill('SIGINT')
      await until(() => said().includes('stopping: '))
      child.kill('SIGINT')
      expect(await Promise.race([ended, sleep(20_000, 'hangs')])).toMatchObject({ code: 1 })
      expect(readBlocks(file).rest).toBe(0)
    })

    it('SIGHUP without a terminal, as under nohup, is nothing to it', async () => {
      const { file, child, ended, until } = await capture('web')
      await until(listens(file))
      child.kill('SIGHUP')
      child.kill('SIGINT')
      expect(await ended).toMatchObject({ code: 0 })
    })
  },
)
