import { RpcSession, RpcTarget } from 'capnweb'
import { describe, expect, it } from 'vitest'
import { contractInputs } from '../common/contract.ts'
import type { HostCommand } from '../common/contract.ts'
import { HostError } from '../common/host-error.ts'
import { exposeContract } from '../main/expose.ts'
import { Mailbox } from '../main/streams.ts'
import { callRemote, isSubscription } from '../renderer/app/host-link.ts'
import type { RemoteHost } from '../renderer/app/host-link.ts'
import { pulledSubscription } from '../renderer/app/pulled-subscription.ts'
import { SubscriptionTarget } from '../main/subscription-target.ts'
import { startHost } from './support/host.ts'
import { channelLine, electronLine, socketLine } from './support/lines.ts'
import type { LinePair } from './support/lines.ts'

// What the contract needs of its carrier, over every line there is. ARCHITECTURE.md, "The contract", records the decision.

const LINES: readonly (readonly [string, () => LinePair | Promise<LinePair>])[] = [
  ["Electron's port", electronLine],
  ['a MessagePort', channelLine],
  ['a WebSocket', socketLine],
]

describe.each(LINES)('over %s', (_, makeLine) => {
  it('carries what values are made of', async () => {
    const { remote } = await connected(makeLine, { echo: (value: unknown) => value })
    const value = {
      text: 'ü \u{1F50D} \0',
      none: undefined,
      list: [1, -0.5, null, true, []],
      when: new Date(1_700_000_000_000),
      nanoseconds: 1_700_000_000_123_456_789n,
      bytes: Uint8Array.of(0, 127, 128, 255),
      infinite: -Infinity,
    }
    expect(await remote['echo']?.(value)).toEqual(value)
  })

  it('carries bytes as they are, each where it was', async () => {
    const { remote, line } = await connected(makeLine, { echo: (value: unknown) => value })
    const seen: unknown[] = []
    watchFrames(line, (frame) => seen.push(frame))
    const megabyte = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7)
    const value = {
      megabyte,
      part: megabyte.subarray(5, 9),
      none: new Uint8Array(0),
      list: [Buffer.from('own kind'), ['bytes', 0], { bytes: null }],
    }
    const all = await Promise.all(Array.from({ length: 20 }, () => remote['echo']?.(value)))
    for (const echoed of all) {
      expect(echoed).toEqual({ ...value, list: [new Uint8Array(Buffer.from('own kind')), ...value.list.slice(1)] })
    }
    const texts = seen.filter((frame) => typeof frame === 'string')
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(1000)
  })

  it('ends the line, and what waits on it, at what is no message', async () => {
    for (const hostile of [Uint8Array.of(1, 2), '[[null],[[2,"1"]]]', '{', '["push",[[["bytes",']) {
      const { line, remote } = await connected(makeLine, { never: () => new Promise(() => undefined) })
      const call = expect(remote['never']?.()).rejects.toMatchObject({ code: 'unavailable' })
      const lost = expect.poll(() => line.page.ended)
      line.host.deliver(Uint8Array.of(3, 4))
      line.host.deliver(hostile)
      expect(line.host.ended).toBe(true)
      await call
      await lost.toBe(true)
    }
  })

  it('keeps calls in order', async () => {
    const seen: unknown[] = []
    const { remote } = await connected(makeLine, { note: (value: unknown) => seen.push(value) })
    await Promise.all(Array.from({ length: 500 }, (_, index) => remote['note']?.(index)))
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index))
  })

  it('gives up nothing that a call left behind: 5,000 calls, empty tables', async () => {
    const { remote, sessions } = await connected(makeLine, { echo: (value: unknown) => value })
    for (let index = 0; index < 5_000; index++) await remote['echo']?.({ index })
    for (const session of sessions) {
      // What is left is the main object of either side.
      await expect.poll(() => session.getStats()).toEqual({ imports: 1, exports: 1 })
    }
  })

  it('makes a producer wait for a paused reader, and go on with it', async () => {
    const { stream, state } = counting()
    const { remote } = await connected(makeLine, { count: () => new SubscriptionTarget(stream, () => undefined) })
    const reader = subscription(await remote['count']?.()).getReader()
    for (let index = 0; index < 10; index++) expect((await reader.read()).value).toBe(index)
    await settled(() => state.produced)
    const paused = state.produced
    expect(paused).toBeLessThan(100)
    for (let index = 10; index < paused + 1_000; index++) expect((await reader.read()).value).toBe(index)
    expect(state.produced).toBeGreaterThan(paused)
    await reader.cancel()
  })

  it('keeps answering calls while a subscription is paused', async () => {
    const { stream } = counting()
    const { remote } = await connected(makeLine, {
      count: () => new SubscriptionTarget(stream, () => undefined),
      echo: (value: unknown) => value,
    })
    const reader = subscription(await remote['count']?.()).getReader()
    await reader.read()
    expect(await remote['echo']?.('still here')).toBe('still here')
    await reader.cancel()
  })

  it('tells the producer when a reader cancels', async () => {
    const { stream, state } = counting()
    const { remote } = await connected(makeLine, { count: () => new SubscriptionTarget(stream, () => undefined) })
    const reader = subscription(await remote['count']?.()).getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => state.cancelled).toBe(true)
  })

  it('tells the producer of a silent subscription when a reader cancels', async () => {
    const state = { cancelled: false }
    const silent = new ReadableStream({ cancel: () => void (state.cancelled = true) })
    const { remote } = await connected(makeLine, { listen: () => new SubscriptionTarget(silent, () => undefined) })
    const reader = subscription(await remote['listen']?.()).getReader()
    const waiting = reader.read()
    await reader.cancel()
    expect(await waiting).toMatchObject({ done: true })
    await expect.poll(() => state.cancelled).toBe(true)
  })

  it('tells the producer, and fails what is outstanding, when the line is lost', async () => {
    const { stream, state } = counting()
    const { remote, line } = await connected(makeLine, {
      count: () => new SubscriptionTarget(stream, () => undefined),
      never: () => new Promise(() => undefined),
    })
    const reader = subscription(await remote['count']?.()).getReader()
    await reader.read()
    const call = expect(remote['never']?.()).rejects.toMatchObject({ code: 'unavailable', message: 'lost' })
    line.page.disconnect('lost')
    line.host.disconnect('lost')
    await call
    await expect.poll(() => state.cancelled).toBe(true)
  })

  it('ends a subscription with the error of its producer, code and all', async () => {
    const failing = new ReadableStream({
      start: (controller) => {
        controller.enqueue('first')
        controller.error(new HostError('permission-denied', 'You may not watch this.'))
      },
    })
    const { remote } = await connected(makeLine, { watch: () => new SubscriptionTarget(failing, () => undefined) })
    const reader = subscription(await remote['watch']?.()).getReader()
    await expect(readAll(reader)).rejects.toMatchObject({
      code: 'permission-denied',
      message: 'You may not watch this.',
    })
  })
})

describe('the exposed contract', () => {
  it('answers every method of every section', async () => {
    const { remote, host } = await visited()
    const answers: string[] = []
    for (const [section, methods] of Object.entries(contractInputs)) {
      for (const method of Object.keys(methods)) {
        const answer = await call(remote, section, method).then(
          () => 'ok',
          (error) => error.code,
        )
        answers.push(`${section}.${method}: ${answer}`)
      }
    }
    // The demo that was started ends with it.
    await host.close()
    // Without arguments: those that need one say so, the dialog says there is none here.
    expect(answers).toEqual([
      'app.facts: ok',
      'app.settings: ok',
      'app.changeSettings: invalid-argument',
      'app.watchSettings: ok',
      'app.watchCommands: ok',
      'captures.samples: ok',
      'captures.openSample: invalid-argument',
      'captures.recent: ok',
      'captures.forgetRecent: invalid-argument',
      'captures.openFile: invalid-argument',
      'captures.chooseFile: unsupported',
      'captures.source: invalid-argument',
      'clusters.watchContexts: ok',
      'clusters.startDemo: ok',
      'clusters.askContext: invalid-argument',
      'clusters.addFile: invalid-argument',
      'clusters.chooseFile: unsupported',
      'clusters.removeFile: invalid-argument',
      'clusters.captureSettings: invalid-argument',
      'clusters.changeCaptureSettings: invalid-argument',
      'clusters.watchSweeps: ok',
      'clusters.findLeftovers: invalid-argument',
      'clusters.removeLeftovers: invalid-argument',
      'explorer.watchRows: invalid-argument',
      'explorer.watchPod: invalid-argument',
      'capturing.plan: invalid-argument',
      'capturing.look: invalid-argument',
      'capturing.start: invalid-argument',
      'capturing.stop: invalid-argument',
      'capturing.abandon: invalid-argument',
      'capturing.extend: invalid-argument',
      'capturing.resume: invalid-argument',
      'capturing.watchLive: ok',
      'capturing.watchLibrary: ok',
      'capturing.deleteCapture: invalid-argument',
      'capturing.beginJoined: invalid-argument',
      'capturing.finishJoined: invalid-argument',
      'terminals.watch: ok',
      'terminals.open: invalid-argument',
      'terminals.output: invalid-argument',
      'terminals.input: invalid-argument',
      'terminals.resize: invalid-argument',
      'terminals.reconnect: invalid-argument',
      'terminals.close: invalid-argument',
      'terminals.record: invalid-argument',
      'terminals.stopRecording: invalid-argument',
      'checks.run: invalid-argument',
      'notes.watch: invalid-argument',
      'notes.put: invalid-argument',
      'notes.remove: invalid-argument',
    ])
  })

  it.each([
    ['app', 'changeSettings', [{ theme: 'pink' }]],
    ['app', 'changeSettings', [{ theme: 'dark', admin: true }]],
    ['app', 'changeSettings', [null]],
    ['app', 'facts', ['extra']],
    ['captures', 'openFile', ['']],
    ['captures', 'openFile', ['x'.repeat(5000)]],
    ['captures', 'openFile', [{ toString: 'x' }]],
    ['captures', 'source', ['../../etc/passwd']],
    ['captures', 'openSample', ['..']],
  ])('refuses %s.%s(%j) before the service sees it', async (section, method, args) => {
    const { remote, reports } = await visited()
    await expect(call(remote, section, method, ...args)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(`${section}.${method}`),
    })
    expect(reports).toEqual([])
  })

  it.each([
    ['app', 'constructor'],
    ['app', 'toString'],
    ['app', '__proto__'],
    ['app', 'nothing'],
    ['constructor', 'constructor'],
    ['nothing', 'facts'],
  ])('has no %s.%s', async (section, method) => {
    const { host } = await startHost()
    const line = channelLine()
    host.connect(line.host, { door: 'pipe', commands: new Mailbox() })
    // As a hostile page would write it: our own stub cannot even ask for these.
    line.page.send(['push', ['pipeline', 0, [section, method], []]])
    line.page.send(['pull', 1])
    expect(await line.page.receive()).toMatchObject(['reject', 1, ['error', expect.any(String), expect.any(String)]])
  })

  it('sends a code and a message of an unexpected error, and nothing else; the rest is for the log', async () => {
    const secret = Object.assign(new Error('it broke', { cause: 'the token' }), { token: 'secret', path: '/home/x' })
    const { line, reports } = await failingWith(secret)
    const sent: string[] = []
    watchFrames(line, (frame) => sent.push(String(frame)))
    const remote = new RpcSession<RemoteHost>(line.page).getRemoteMain()
    await expect(call(remote, 'app', 'facts')).rejects.toMatchObject({ code: 'internal', message: 'it broke' })
    expect(sent.join('\n')).not.toMatch(/secret|token|home|contract\.test/)
    expect(reports).toEqual([['app.facts', secret]])
  })

  it('fails to start rather than to answer when a service lacks a method', async () => {
    const { host } = await startHost()
    const contract = host.contract({ door: 'pipe', commands: new Mailbox() })
    const broken = { ...contract, captures: { ...contract.captures } }
    expect(() => exposeContract(broken, () => undefined)).toThrow('The service of "captures" lacks samples().')
  })

  it('tells every page of changed settings, and forgets a page that is gone', async () => {
    const { host } = await startHost()
    const lines = [channelLine(), channelLine()]
    const readers = []
    for (const line of lines) {
      host.connect(line.host, { door: 'pipe', commands: new Mailbox() })
      const remote = new RpcSession<RemoteHost>(line.page).getRemoteMain()
      const reader = subscription(await call(remote, 'app', 'watchSettings')).getReader()
      expect((await reader.read()).value).toEqual({ theme: 'system' })
      readers.push(reader)
    }
    await host.settings.change({ theme: 'dark' })
    for (const reader of readers) expect((await reader.read()).value).toEqual({ theme: 'dark' })
    await expect.poll(() => host.settings.watchers).toBe(2)
    lines[0]?.page.abort('page closed')
    await expect.poll(() => host.settings.watchers).toBe(1)
  })

  it('hands the commands for one page to that page alone', async () => {
    const { host } = await startHost()
    const [mine, others] = [new Mailbox<HostCommand>(), new Mailbox<HostCommand>()]
    const line = channelLine()
    host.connect(line.host, { door: 'pipe', commands: mine })
    const remote = new RpcSession<RemoteHost>(line.page).getRemoteMain()
    mine.put({ kind: 'run', command: 'one' })
    others.put({ kind: 'run', command: 'two' })
    const reader = subscription(await call(remote, 'app', 'watchCommands')).getReader()
    expect((await reader.read()).value).toEqual({ kind: 'run', command: 'one' })
  })
})

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** A session whose far end has these methods. */
async function connected(makeLine: () => LinePair | Promise<LinePair>, methods: Readonly<Record<string, unknown>>) {
  class Target extends RpcTarget {}
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(Target.prototype, name, { value })
  const line = await makeLine()
  const hostSession = new RpcSession(line.host, new Target())
  const pageSession = new RpcSession<Readonly<Record<string, Method>>>(line.page)
  return { line, remote: pageSession.getRemoteMain(), sessions: [hostSession, pageSession] }
}

async function visited() {
  const { host, reports } = await startHost()
  const line = channelLine()
  host.connect(line.host, { door: 'pipe', commands: new Mailbox() })
  return { remote: new RpcSession<RemoteHost>(line.page).getRemoteMain(), reports, host }
}

async function failingWith(error: Error) {
  const { host } = await startHost()
  const contract = host.contract({ door: 'pipe', commands: new Mailbox() })
  contract.app.facts = () => Promise.reject(error)
  const reports: unknown[][] = []
  const line = channelLine()
  new RpcSession(
    line.host,
    exposeContract(contract, (where, what) => reports.push([where, what])),
  )
  return { line, reports }
}

/** Tells all that comes to the page. */
function watchFrames(line: LinePair, tell: (frame: unknown) => void): void {
  const deliver = line.page.deliver.bind(line.page)
  line.page.deliver = (frame) => {
    tell(frame)
    deliver(frame)
  }
}

const call = (remote: RemoteHost, section: string, method: string, ...args: readonly unknown[]) =>
  callRemote(remote, section, method, args)

/** 0, 1, 2, ... as fast as it is asked for. */
function counting() {
  const state = { produced: 0, cancelled: false }
  const stream = new ReadableStream<number>(
    {
      pull: (controller) => controller.enqueue(state.produced++),
      cancel: () => void (state.cancelled = true),
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

function subscription(result: unknown): ReadableStream<unknown> {
  if (result instanceof ReadableStream) return result
  if (!isSubscription(result)) throw new Error(`Expected a subscription, got ${String(result)}.`)
  return pulledSubscription(result)
}

async function readAll(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  while (!(await reader.read()).done);
}

/** Waits until a number has stopped changing. */
async function settled(value: () => number): Promise<void> {
  for (let before = -1; before !== value();) {
    before = value()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
