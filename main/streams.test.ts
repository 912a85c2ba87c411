import { describe, expect, it } from 'vitest'
import { Mailbox, Watched } from './streams.ts'

describe('Watched', () => {
  it('gives the value now, then each change', async () => {
    const watched = new Watched('a')
    const reader = watched.watch().getReader()
    expect((await reader.read()).value).toBe('a')
    const next = reader.read()
    watched.set('b')
    expect((await next).value).toBe('b')
  })

  it('lets a slow watcher skip to the newest instead of queueing for it', async () => {
    const watched = new Watched(0)
    const reader = watched.watch().getReader()
    await reader.read()
    for (let value = 1; value <= 1000; value++) watched.set(value)
    expect((await reader.read()).value).toBe(1000)
  })

  it('forgets a watcher that cancels while it waits', async () => {
    const watched = new Watched(0)
    const reader = watched.watch().getReader()
    await reader.read()
    const waiting = reader.read()
    await expect.poll(() => watched.watchers).toBe(1)
    await reader.cancel()
    expect(await waiting).toMatchObject({ done: true })
    expect(watched.watchers).toBe(0)
  })
})

describe('Mailbox', () => {
  it('keeps things until somebody reads, and gives each once', async () => {
    const mailbox = new Mailbox<number>()
    mailbox.put(1)
    mailbox.put(2)
    const first = mailbox.read().getReader()
    expect((await first.read()).value).toBe(1)
    await first.cancel()
    const second = mailbox.read().getReader()
    expect((await second.read()).value).toBe(2)
  })

  it('does not take for a reader that has left while it waited', async () => {
    const mailbox = new Mailbox<number>()
    const gone = mailbox.read().getReader()
    const waiting = gone.read()
    await Promise.resolve()
    await gone.cancel()
    await waiting
    mailbox.put(1)
    expect((await mailbox.read().getReader().read()).value).toBe(1)
  })
})
