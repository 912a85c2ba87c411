import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { excerptsBody } from '../../common/model/capture-excerpts.ts'
import { startHost } from '../../test/support/host.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { answerPage } from './page-scheme-answer.ts'

// The rest is asserted of the built main process, in test/desktop.test.ts.

describe("the scheme's answer", () => {
  it('streams a growing capture as it grows, to its end', async () => {
    const { ask, capture, path } = await growing()
    const reader = (await ask('?follow=1&from=2')).body?.getReader()
    const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString()
    expect(await next()).toBe('rst ')
    const waiting = next()
    await appendFile(path, 'second ')
    capture.grew()
    expect(await waiting).toBe('second ')
    await appendFile(path, 'last')
    capture.finish()
    expect(await next()).toBe('last')
    expect(await reader?.read()).toMatchObject({ done: true })
  })

  it('sends excerpts of a capture to who says where, and takes nothing else', async () => {
    const { ask } = await growing()
    const body = excerptsBody(Float64Array.of(0, 3))
    expect(await (await ask('?excerpts=2', { method: 'POST', body })).text()).toBe('fist')
    expect((await ask('', { method: 'POST', body })).status).toBe(400)
    expect((await ask('', { method: 'DELETE' })).status).toBe(400)
  })

  it('closes the file of excerpts that the page wants no more', async () => {
    const { ask, capture } = await growing()
    const open = vi.spyOn(capture, 'open')
    const answer = await ask('?excerpts=2', { method: 'POST', body: excerptsBody(Float64Array.of(0, 3)) })
    // Held here: a file that nothing refers to any more is closed with what else is rubbish.
    const file = await open.mock.results[0].value
    expect(file.fd).toBeGreaterThan(0)
    await answer.body?.cancel()
    await expect.poll(() => file.fd).toBe(-1)
  })

  it('lets a page leave while nothing comes', async () => {
    const { ask } = await growing()
    const reader = (await ask('?follow=1')).body?.getReader()
    await reader?.read()
    const waiting = reader?.read()
    await reader?.cancel()
    expect(await waiting).toMatchObject({ done: true })
  })

  it('lets the page of the development server read, and nobody else', async () => {
    const { ask } = await growing('http://localhost:5173')
    expect((await ask('')).headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  })
})

async function growing(devOrigin?: string) {
  const { host } = await startHost()
  const path = join(temporaryFolder(), 'growing.pcapng')
  await writeFile(path, 'first ')
  const capture = await host.captures.openGrowing(path)
  const options = { host, page: temporaryFolder(), devOrigin }
  const ask = (query: string, init?: RequestInit) =>
    answerPage(options, new Request(`hopscope://app/capture/${capture.id}${query}`, init))
  return { ask, capture, path }
}
