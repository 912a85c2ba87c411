import { createHash } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import type { ApiConnection } from '../api-connection.ts'
import { ApiError } from '../api-error.ts'
import { type CommandResult, type ExecEnd, type ExecStream, openExec, runCommand } from '../exec-stream.ts'
import { NOTHING_YET } from './capture-journal.ts'
import { START, STOP } from './pod-scripts.ts'
import { PointCapture } from './point-capture.ts'

vi.mock(import('../exec-stream.ts'), { spy: true })
afterEach(() => void vi.restoreAllMocks())

const place = {
  namespace: 'default',
  pod: 'web',
  container: 'hopscope-1',
  enter: [],
  rung: 'ephemeral-container',
} as const
const job = { id: 'a-0', command: ['tcpdump'], seconds: 9, segments: 2, leaseSeconds: 9, giveUpMs: 9000 }
const sink = { begin: vi.fn(), bytes: vi.fn(), accept: vi.fn(), gap: vi.fn(), end: vi.fn() }
const said = (stdout: string): CommandResult => ({ stdout, stderr: '', end: { exitCode: 0 } })
const capture = (mark = NOTHING_YET) =>
  new PointCapture({} as ApiConnection, place, job, sink, () => undefined, {}, mark)

/** What the pod was told, each when it had answered. */
function told(): string[] {
  const words: string[] = []
  vi.mocked(runCommand).mockImplementation(async (_connection, { command }) => {
    const [what, answer] = command.includes(START)
      ? ['start', 'ready']
      : command.includes(STOP)
        ? ['stop', 'stopping']
        : ['?', '']
    if (what === 'start') await new Promise((resolve) => setTimeout(resolve, 20))
    words.push(what)
    return said(answer)
  })
  return words
}

it('is started once, and not at all where an earlier run of ours had begun to fetch', async () => {
  const words = told()
  const point = capture()
  await Promise.all([point.start(), point.start()])
  await point.start()
  await capture({ ...NOTHING_YET, interface: 0 }).start()
  expect(words).toEqual(['start'])
})

it('is stopped behind its start, as nothing would end what begins later', async () => {
  const words = told()
  const point = capture()
  const starting = point.start()
  await point.stop()
  await starting
  const unbegun = capture()
  await unbegun.stop()
  expect(words).toEqual(['start', 'stop', 'start', 'stop'])
})

it('is stopped by the stream that is open, and by one that is opened later, where no other may be opened', async () => {
  vi.mocked(runCommand).mockRejectedValue(new ApiError(403, 'Forbidden', 'pods "web" is forbidden'))
  const streams: { readonly words: string[]; readonly cut: () => void }[] = []
  vi.mocked(openExec).mockImplementation(async () => {
    const { promise: ended, resolve } = Promise.withResolvers<ExecEnd>()
    const words: string[] = []
    streams.push({ words, cut: () => resolve({ lost: 'the connection was cut' }) })
    const stream: Partial<ExecStream> = { ended, write: (bytes) => words.push(Buffer.from(bytes).toString()) > 0 }
    return stream as ExecStream
  })
  const get = () => Promise.resolve({ metadata: { name: 'web' }, spec: {} })
  const mark = { ...NOTHING_YET, interface: 0 }
  const point = new PointCapture({ get } as unknown as ApiConnection, place, job, sink, () => undefined, {}, mark)
  const done = point.run()
  await vi.waitFor(() => expect(streams[0]?.words).toContainEqual(expect.stringMatching(/^b /)))
  expect(streams[0]?.words).not.toContain('s 0\n')
  await point.stop()
  expect(streams[0]?.words).toContain('s 0\n')
  streams[0]?.cut()
  await vi.waitFor(() => expect(streams[1]?.words).toContain('s 0\n'))
  point.abandon()
  streams[1]?.cut()
  await done
})

it('tells what is left in the pod, less what came since', async () => {
  const bytes = 'a segment'
  const digest = createHash('sha256').update(bytes).digest('hex')
  const changes: number[] = []
  vi.mocked(openExec).mockImplementation(async (_connection, _request, { stdout }) => {
    await stdout?.(Buffer.from(`HS1 L 20\nHS1 D 0 0 ${bytes.length} ${digest} 1\n${bytes}`))
    point.abandon()
    const ended: Partial<ExecStream> = { ended: Promise.resolve({ lost: 'cut' }), write: () => true }
    return ended as ExecStream
  })
  const mark = { ...NOTHING_YET, interface: 0 }
  const point = new PointCapture(
    {} as ApiConnection,
    place,
    job,
    sink,
    () => changes.push(point.progress.leftBytes),
    {},
    mark,
  )
  // Given up, nothing of it is still to come.
  expect(await point.run()).toMatchObject({ state: 'incomplete', leftBytes: 0 })
  expect(changes).toEqual([20, 20 - bytes.length, 0])
})

it.each([
  ['as many packets as tcpdump wrote', 0, 2, 'complete', undefined],
  ['one less', 0, 1, 'incomplete', /tcpdump wrote 2 packets here, and 1 were taken from it/],
  ['one more', 0, 3, 'incomplete', /tcpdump wrote 2 packets here, and 3 were taken from it/],
  ['more than it last said before it was killed', 137, 3, 'complete', undefined],
])('tells by count whether all is here: %s', async (_what, exitCode, packets, state, message) => {
  const bytes = 'a segment'
  const words = '1 packet captured\n2 packets captured\n'
  const digest = createHash('sha256').update(bytes).digest('hex')
  const stream = `HS1 D 0 0 ${bytes.length} ${digest} 1\n${bytes}HS1 F ${exitCode} 1 ${words.length} asked\n${words}`
  vi.mocked(openExec).mockImplementation(async (_connection, _request, { stdout }) => {
    await stdout?.(Buffer.from(stream))
    const ended: Partial<ExecStream> = { ended: Promise.resolve({ exitCode: 0 }), write: () => true }
    return ended as ExecStream
  })
  const counting = { ...sink, packets: () => packets }
  const mark = { ...NOTHING_YET, interface: 0 }
  const point = new PointCapture({} as ApiConnection, place, job, counting, () => undefined, {}, mark)
  const progress = await point.run()
  expect(progress.state).toBe(state)
  if (message) expect(progress.message).toMatch(message)
  else expect(progress.message).toBeUndefined()
  expect(sink.end).toHaveBeenLastCalledWith(0, expect.objectContaining({ state, why: 'asked' }))
})
