import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import type { HostContract } from '../../common/contract.ts'
import type { Permission } from '../../common/model/preflight.ts'
import type { TerminalTarget } from '../../common/model/terminal.ts'
import { Host } from '../../main/host.ts'
import { ApiError } from '../../main/kubernetes/api-error.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { runCommand } from '../../main/kubernetes/exec-stream.ts'
import type { Pod } from '../../main/kubernetes/objects.ts'
import { podPath } from '../../main/kubernetes/pod-requests.ts'
import { Mailbox } from '../../main/streams.ts'
import type { JourneyTarget, Level } from './journey-target.ts'

const SHELL_HOST = join(import.meta.dirname, 'shell-host.ts')
/** A cluster may first have to fetch the image. */
const PATIENCE = { timeout: 180_000, interval: 50 }
const KEPT = 200_000

const allow = (verb: string, resource: string, subresource?: string): Permission => ({
  verb,
  group: '',
  resource,
  ...(subresource ? { subresource } : {}),
})
const SHELLS = [
  allow('create', 'pods'),
  allow('delete', 'pods'),
  allow('get', 'pods'),
  allow('get', 'pods', 'exec'),
  allow('create', 'pods', 'exec'),
]

/** What a person does in terminals, in the cluster that `open` gives; see journeys. */
export function terminalJourneys(title: string, open: () => Promise<JourneyTarget>): void {
  describe(title, { timeout: 300_000 }, () => {
    let target: JourneyTarget
    let folder: string
    let host: Host
    let contract: HostContract
    let web: Pod
    const failures: unknown[] = []

    const startHost = (userFolder: string) =>
      Host.start({
        version: '0',
        userFolder,
        samplesFolder: folder,
        environment: () => Promise.resolve({ ...process.env, ...target.environment }),
        warn: (message) => failures.push(message),
        report: (where, error) => failures.push([where, error]),
      })
    const contractOf = (one: Host) => one.contract({ door: 'pipe', commands: new Mailbox() })

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hopscope-terminal-journeys-'))
      target = await open()
      host = await startHost(join(folder, 'config'))
      contract = contractOf(host)
      if ((await whyNot('any')) !== undefined) return
      await contract.clusters.changeCaptureSettings(target.context, { image: target.image })
      web = await target.pod(await target.namespace('any'), 'web', 0)
    }, 300_000)
    afterAll(async () => {
      await host?.close()
      await target?.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
      expect(failures).toEqual([])
    }, 60_000)

    const whyNot = async (level: Level | 'any') => target.whyNoNamespace(level) ?? (await target.whyNot(SHELLS))
    const needs = async (context: TestContext, level: Level | 'any' = 'any') => {
      const why = await whyNot(level)
      if (why !== undefined) context.skip(why)
    }
    const placeOf = ({ metadata: { namespace = '', name } }: Pod) => ({ namespace, pod: name, container: 'app' })
    const inPod = (pod: Pod): TerminalTarget => ({ kind: 'container', context: target.context, ...placeOf(pod) })

    /** A terminal as a window has one: by the contract and nothing else. */
    async function terminal(at: TerminalTarget) {
      const { terminals } = contract
      const id = await terminals.open(at, 100, 30)
      let text = ''
      const decoder = new TextDecoder()
      const reading = (async () => {
        for await (const { bytes } of await terminals.output(id, 0))
          text = (text + decoder.decode(bytes, { stream: true })).slice(-KEPT)
      })()
      reading.catch(() => undefined)
      const facts = async () => {
        const reader = (await terminals.watch()).getReader()
        const told = await reader.read()
        await reader.cancel()
        return told.done ? undefined : told.value.find((one) => one.id === id)
      }
      return {
        id,
        facts,
        text: () => text,
        type: (typed: string) => terminals.input(id, Buffer.from(typed)),
        says: (what: string | RegExp) => expect.poll(() => text, PATIENCE).toMatch(what),
        runs: () => expect.poll(facts, PATIENCE).toMatchObject({ state: 'running' }),
        ends: (reason: RegExp) =>
          expect
            .poll(facts, PATIENCE)
            .toMatchObject({ state: 'ended', end: { reason: expect.stringMatching(reason) } }),
        close: () => terminals.close(id),
      }
    }

    it('a shell in a pod: typed and shown, every character whole, in the size of the window', async (context) => {
      await needs(context)
      const shell = await terminal(inPod(web))
      await shell.runs()
      await shell.type('stty size; printf "gr\\303\\274n \\342\\202\\254 \\360\\237\\220\\231 %s\\n" done\n')
      await shell.says('30 100')
      await shell.says('grün € 🐙 done')
      await contract.terminals.resize(shell.id, 132, 43)
      // The size travels beside the text.
      for (let tries = 0; !/43 132/.test(shell.text()) && tries < 50; tries++) {
        await shell.type('stty size\n')
        await new Promise((next) => setTimeout(next, 200))
      }
      expect(shell.text()).toContain('43 132')
      await shell.close()
    })

    it('a paste of 5,000 lines arrives byte for byte', async (context) => {
      await needs(context)
      const shell = await terminal(inPod(web))
      await shell.runs()
      const lines = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i} ${'é'.repeat(i % 40)}\n`).join(''))
      await shell.type('stty -echo; echo re"ady"; cat > /tmp/pasted; echo wr"itten"\n')
      await shell.says('ready')
      for (let at = 0; at < lines.length; at += 32_768)
        await contract.terminals.input(shell.id, lines.subarray(at, at + 32_768))
      await shell.type('\x04')
      await shell.says('written')
      const { stdout } = await runCommand(target.connection, { ...placeOf(web), command: ['cat', '/tmp/pasted'] })
      expect(stdout === lines.toString()).toBe(true)
      await shell.close()
    })

    it('Ctrl-C in the middle of a flood', async (context) => {
      await needs(context)
      const shell = await terminal(inPod(web))
      await shell.runs()
      await shell.type('yes again\n')
      await shell.says(/again\r\nagain/)
      await shell.type('\x03')
      await shell.type('echo st"opped"\n')
      await shell.says('stopped')
      await shell.close()
    })

    it('the end of a shell, and another one in its place', async (context) => {
      await needs(context)
      const shell = await terminal(inPod(web))
      await shell.runs()
      await shell.type('echo be"fore"; exit 3\n')
      await shell.ends(/exit code 3/)
      await contract.terminals.reconnect(shell.id)
      await shell.runs()
      await shell.type('echo af"ter"\n')
      await shell.says(/before[\s\S]*after/)
      await shell.close()
    })

    it('the end of a pod is told, and what was on the screen stays', async (context) => {
      await needs(context)
      const pod = await target.pod(web.metadata.namespace ?? '', 'short', 0)
      const shell = await terminal(inPod(pod))
      await shell.runs()
      await shell.type('echo he"re"\n')
      await shell.says('here')
      const { namespace = '', name } = pod.metadata
      await target.connection.request('DELETE', podPath(namespace, name), { query: { gracePeriodSeconds: 1 } })
      await shell.ends(/Pod short-\w+ (was|is being) deleted|Container app ended/)
      expect(shell.text()).toContain('here')
      await shell.close()
    })

    it('a shell on a node whose host is killed: the next host removes what was made for it', async (context) => {
      await needs(context, 'privileged')
      const node = web.spec.nodeName ?? ''
      const namespace = await target.namespace('privileged')
      const userFolder = join(folder, 'killed')
      const environment = { ...process.env, ...target.environment, HOPSCOPE_IMAGE: target.image }
      const child = spawn(process.execPath, [SHELL_HOST, userFolder, target.context, node, namespace], {
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [said] = await once(createInterface(child.stdout), 'line')
      expect(JSON.parse(String(said))).toMatchObject({ state: 'running' })
      child.kill('SIGKILL')
      await once(child, 'exit')
      const [entry] = await new Ledger(join(userFolder, 'ledger.jsonl')).open()
      const path = `/api/v1/namespaces/${namespace}/pods/${entry?.pod}`
      expect((await target.connection.get<Pod>(path)).status?.phase).toBe('Running')
      const next = await startHost(userFolder)
      const isThere = () =>
        target.connection.get<Pod>(path).then(
          () => true,
          (error: unknown) => !(error instanceof ApiError && error.httpStatus === 404),
        )
      await expect.poll(isThere, PATIENCE).toBe(false)
      await expect.poll(() => new Ledger(join(userFolder, 'ledger.jsonl')).open(), PATIENCE).toEqual([])
      await next.close()
    })
  })
}
