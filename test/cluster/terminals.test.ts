import { existsSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TerminalTarget } from '../../common/model/terminal.ts'
import { DEFAULT_SETTINGS } from '../../main/kubernetes/capture/capture-container.ts'
import { preflight } from '../../main/kubernetes/capture/preflight.ts'
import { findLeftovers } from '../../main/kubernetes/capture/sweep.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { ClusterAccess } from '../../main/kubernetes/cluster-access.ts'
import { Contexts } from '../../main/services/contexts.ts'
import { ContextBook } from '../../main/services/clusters/context-book.ts'
import { Terminals } from '../../main/services/terminals/terminals.ts'
import type { Terminal } from '../../main/terminals/terminal.ts'
import { TestCluster } from './cluster.ts'
import { skipReason } from './start.ts'

const dev = {
  name: 'dev',
  token: 'dev-token',
  rules: [{ namespaces: ['default'], resources: ['pods'], verbs: ['get', 'list'] }],
}
const title = `terminals in a cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  let cluster: TestCluster
  let folder: string
  let ledger: Ledger
  let terminals: Terminals
  const failures: unknown[] = []

  beforeAll(async () => {
    cluster = await TestCluster.start({ users: [dev] })
    await cluster.pod('default', 'web', { nodeName: 'node-a' })
    await cluster.pod('default', 'bare', {
      nodeName: 'node-a',
      container: { image: 'example.com/distroless:1' },
    })
    folder = mkdtempSync(join(tmpdir(), 'hopscope-terminals-'))
    ledger = new Ledger(join(folder, 'ledger.jsonl'))
    const environment = () => Promise.resolve({ ...process.env, KUBECONFIG: cluster.kubeconfig(['admin', 'dev']) })
    const book = await ContextBook.load(folder, (message) => failures.push(message))
    const contexts = new Contexts(new ClusterAccess(environment))
    terminals = new Terminals({ contexts, book, ledger, environment, report: (_, error) => failures.push(error) })
  })
  afterAll(async () => {
    await terminals?.closeAll()
    await cluster?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
    expect(failures).toEqual([])
  })

  const web = { kind: 'container', context: 'admin', namespace: 'default', pod: 'web', container: 'app' } as const

  function open(target: TerminalTarget) {
    const terminal = terminals.open(target, { columns: 100, rows: 30 })
    let text = ''
    const decoder = new TextDecoder()
    const reading = (async () => {
      for await (const { bytes } of terminal.output(0)) text += decoder.decode(bytes, { stream: true })
    })()
    reading.catch(() => undefined)
    return {
      terminal,
      type: (typed: string) => terminal.write(Buffer.from(typed)),
      text: () => text,
      says: (what: string | RegExp) => expect.poll(() => text, { timeout: 20_000 }).toMatch(what),
      runs: () => expect.poll(() => terminal.facts(), { timeout: 20_000 }).toMatchObject({ state: 'running' }),
      ends: (reason: RegExp) =>
        expect
          .poll(() => terminal.facts(), { timeout: 20_000 })
          .toMatchObject({ state: 'ended', end: { reason: expect.stringMatching(reason) } }),
    }
  }
  const addressOf = (pod: string) => cluster.findPod('default', pod)?.status?.podIP ?? 'no address'
  const close = (terminal: Terminal) => terminals.close(terminal.id)

  it('opens a shell in a container, of the size of the window, and tells its exit code', async () => {
    const shell = open(web)
    await shell.runs()
    await shell.type('stty size; ip -o addr; echo gr"ün €"\n')
    await shell.says('30 100')
    await shell.says(addressOf('web'))
    await shell.says('grün €')
    shell.terminal.resize({ columns: 120, rows: 40 })
    await shell.type('stty size\n')
    await shell.says('40 120')
    await shell.type('exit 7\n')
    await shell.ends(/exit code 7/)
    expect(shell.terminal.facts().end?.exitCode).toBe(7)
    shell.terminal.reconnect()
    await shell.runs()
    await shell.type('echo a"gain"\n')
    await shell.says('again')
    await close(shell.terminal)
  })

  it('says that an image has no shell, and has one in a debug container beside it', async () => {
    const without = open({ ...web, pod: 'bare' })
    await without.ends(/no shell/)
    expect(without.terminal.facts().end?.noShell).toBe(true)
    await close(without.terminal)

    const debug = open({ ...web, kind: 'debug-container', pod: 'bare' })
    await debug.runs()
    expect(debug.terminal.facts().notes.join(' ')).toMatch(/Ephemeral container hopscope-\w+ was added to bare/)
    await debug.type('echo in"side"; ip -o addr\n')
    await debug.says('inside')
    await debug.says(addressOf('bare'))
    const { connection } = await access()
    expect((await findLeftovers(connection, 'admin', ledger)).leftovers).toHaveLength(1)
    // A capture has no use for it.
    const bare = { kind: 'pod', namespace: 'default', pod: 'bare' } as const
    expect((await preflight(connection, bare, DEFAULT_SETTINGS, 'default')).reusable).toBeUndefined()
    await close(debug.terminal)
    expect((await findLeftovers(connection, 'admin', ledger)).leftovers).toEqual([])
  })

  it('shows the processes of the container that it is for, and says why where it can not', async () => {
    const notes = (one: Terminal) => one.facts().notes.join('\n')
    const beside = open({ ...web, kind: 'debug-container' })
    await beside.runs()
    expect(notes(beside.terminal)).not.toContain('processes')
    const first = 'tr "\\0" " " < /proc/1/cmdline | grep -c beats; echo d"one"\n'
    await beside.type(first)
    await beside.says(/^0\r\ndone/m)
    await close(beside.terminal)

    const kubelet = cluster.kubelet('node-a')
    kubelet.canTargetProcesses = false
    const apart = open({ ...web, kind: 'debug-container' })
    await apart.runs()
    expect(notes(apart.terminal)).toMatch(
      /processes of container app can't be seen here: .* runtime did not share them/,
    )
    await close(apart.terminal)
    kubelet.canTargetProcesses = true
  })

  it('opens a shell on a node in a pod that goes with it', async () => {
    const shell = open({ kind: 'node', context: 'admin', node: 'node-b' })
    await shell.runs()
    await shell.type('echo o"n node"\n')
    await shell.says('on node')
    expect(await ledger.open()).toHaveLength(1)
    await shell.type('exit\n')
    await shell.ends(/exit code 0/)
    await expect.poll(() => ledger.open(), { timeout: 20_000 }).toEqual([])
    await close(shell.terminal)
  })

  it('makes nothing on a node that runs no Linux, and says so', async () => {
    cluster.add('nodes', '', { metadata: { name: 'win-1', labels: { 'kubernetes.io/os': 'windows' } } })
    const shell = open({ kind: 'node', context: 'admin', node: 'win-1' })
    await shell.ends(/Node win-1 runs windows: the containers of Hopscope need Linux/)
    await close(shell.terminal)
    expect(await ledger.open()).toEqual([])
  })

  it('says what is not allowed and the rule that would help, before anything is made', async () => {
    const shell = open({ ...web, context: 'dev' })
    await shell.ends(/You may not .*exec.*\n- apiGroups/s)
    await close(shell.terminal)
    const node = open({ kind: 'node', context: 'dev', node: 'node-b' })
    await node.ends(/You may not create pods/)
    await close(node.terminal)
    expect(await ledger.open()).toEqual([])
  })

  it('says that the pod was deleted, soon, although the stream says nothing', async () => {
    await cluster.pod('default', 'short', { nodeName: 'node-a' })
    const shell = open({ ...web, pod: 'short' })
    await shell.runs()
    await shell.type('echo he"re"\n')
    await shell.says('here')
    const { connection } = await access()
    await connection.request('DELETE', '/api/v1/namespaces/default/pods/short', { query: { gracePeriodSeconds: 1 } })
    await shell.ends(/Pod short (was|is being) deleted|Container app ended/)
    expect(shell.text()).toContain('here')
    await close(shell.terminal)
  })

  it('says that the pod is being deleted while its shell still runs', async () => {
    await cluster.pod('default', 'going', { nodeName: 'node-a' })
    const shell = open({ ...web, pod: 'going' })
    await shell.runs()
    const { connection } = await access()
    const remove = (gracePeriodSeconds: number) =>
      connection.request('DELETE', '/api/v1/namespaces/default/pods/going', { query: { gracePeriodSeconds } })
    await remove(600)
    await expect
      .poll(() => shell.terminal.facts(), { timeout: 20_000 })
      .toMatchObject({ state: 'running', notes: ['Pod going is being deleted; this shell ends with it.'] })
    await shell.type('echo al"ive"\n')
    await shell.says('alive')
    await remove(0)
    await shell.ends(/Pod going (was|is being) deleted|Container app ended/)
    await close(shell.terminal)
  })

  it('gives kubectl on this machine the context of the window', async () => {
    const shell = open({ kind: 'local', context: 'admin', namespace: 'default' })
    await shell.runs()
    await shell.type('grep -o "current-context.:.[a-z]*" "$KUBECONFIG"; echo "file <$KUBECONFIG>"\n')
    await shell.says(/current-context.:.admin/)
    await shell.says(/file <\/.+>/)
    const file = /file <(\/[^>]+)>/.exec(shell.text())?.[1] ?? ''
    expect(existsSync(file)).toBe(true)
    await close(shell.terminal)
    expect(existsSync(file)).toBe(false)
  })

  async function access() {
    return new ClusterAccess(() => Promise.resolve(process.env)).open(
      await new ClusterAccess(() => Promise.resolve({ KUBECONFIG: cluster.kubeconfig(['admin']) })).load(),
      'admin',
    )
  }
})
