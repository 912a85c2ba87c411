import { afterEach, expect, it, vi } from 'vitest'
import type { ApiConnection } from '../api-connection.ts'
import { type CommandResult, runCommand } from '../exec-stream.ts'
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
