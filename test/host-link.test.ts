import { describe, expect, it, onTestFinished } from 'vitest'
import { HostError } from '../common/host-error.ts'
import type { MessageTransport } from '../common/message-transport.ts'
import { Mailbox } from '../main/streams.ts'
import type { Door } from '../renderer/app/doors/door.ts'
import { HostLink } from '../renderer/app/host-link.ts'
import { watchThrough } from '../renderer/app/host.ts'
import { eventually } from './support/eventually.ts'
import { startHost } from './support/host.ts'
import { channelLine } from './support/lines.ts'

const TIMING = { retryDelays: [20], silence: 200, answerWithin: 100 }

describe('the link to the host', () => {
  it('connects, and answers calls', async () => {
    const { link } = await linked()
    expect(link.status()).toEqual({ state: 'connected' })
    expect(await link.host.app.facts()).toMatchObject({ version: '0.0.0-test', door: 'browser' })
  })

  it('gives errors of the host as they were', async () => {
    const { link } = await linked()
    await expect(link.host.captures.openFile('/no/such/file')).rejects.toEqual(
      new HostError('not-found', '/no/such/file: There is no such file.'),
    )
  })

  it('says so when the line is lost, fails calls at once, and connects again by itself', async () => {
    const { link, door } = await linked()
    const seen = states(link)
    door.lines.at(-1)?.disconnect('The connection to the host is lost.')
    expect(link.status()).toEqual({ state: 'lost', reason: 'The connection to the host is lost.' })
    await expect(link.host.app.facts()).rejects.toMatchObject({ code: 'unavailable' })
    await eventually(() => expect(link.status().state).toBe('connected'))
    expect(await link.host.app.facts()).toMatchObject({ door: 'browser' })
    expect(seen).toEqual(['lost', 'connected'])
  })

  it('goes on trying while the host is not there', async () => {
    const { link, door } = await linked()
    door.refusal = new HostError('unavailable', 'The host does not answer.')
    door.lines.at(-1)?.disconnect('gone')
    const tries = door.tries
    await eventually(() => expect(door.tries).toBeGreaterThan(tries + 3))
    expect(link.status()).toEqual({ state: 'lost', reason: 'The host does not answer.' })
    door.refusal = undefined
    await eventually(() => expect(link.status().state).toBe('connected'))
  })

  it('stops trying when it is refused', async () => {
    const { link, door } = await linked()
    door.refusal = new HostError('permission-denied', 'The host was started again.')
    door.lines.at(-1)?.disconnect('gone')
    await eventually(() => expect(link.status()).toEqual({ state: 'refused', reason: 'The host was started again.' }))
    const tries = door.tries
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(door.tries).toBe(tries)
    await expect(link.session()).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('notices a line that is open but dead, as after a sleep', async () => {
    const { link, door } = await linked()
    door.dead = true
    const seen = states(link)
    await eventually(() => expect(seen).toContain('lost'))
    door.dead = false
    await eventually(() => expect(link.status().state).toBe('connected'))
  })

  it('tries at once when the person comes back to the page', async () => {
    const { link, door, wake } = await linked({ ...TIMING, retryDelays: [60_000] })
    door.lines.at(-1)?.disconnect('gone')
    expect(link.status().state).toBe('lost')
    wake.dispatchEvent(new Event('focus'))
    await eventually(() => expect(link.status().state).toBe('connected'))
  })

  it('takes subscriptions up again after the line was lost', async () => {
    const { link, door, host } = await linked()
    const themes: string[] = []
    const stop = new AbortController()
    const watching = watchThrough(
      link,
      (remote) => remote.app.watchSettings(),
      ({ theme }) => themes.push(theme),
      stop.signal,
    )
    await eventually(() => expect(themes).toEqual(['system']))
    door.lines.at(-1)?.disconnect('gone')
    await eventually(() => expect(themes).toEqual(['system', 'system']))
    await host.settings.change({ theme: 'dark' })
    await eventually(() => expect(themes.at(-1)).toBe('dark'))
    stop.abort()
    await watching
    await eventually(() => expect(host.settings.watchers).toBe(0))
  })

  it('does not take up a subscription that the host refuses', async () => {
    const { link } = await linked()
    const refused = () => Promise.reject(new HostError('permission-denied', 'No.'))
    await expect(watchThrough(link, refused, () => undefined)).rejects.toMatchObject({ code: 'permission-denied' })
  })
})

async function linked(timing = TIMING) {
  const { host } = await startHost()
  const door = {
    kind: 'browser',
    initialCaptures: [],
    lines: [] as MessageTransport[],
    tries: 0,
    dead: false,
    refusal: undefined as HostError | undefined,
    async connect() {
      door.tries++
      if (door.refusal) throw door.refusal
      const line = channelLine()
      const deliver = line.page.deliver.bind(line.page)
      line.page.deliver = (message) => void (door.dead || deliver(message))
      host.connect(line.host, { door: 'browser', commands: new Mailbox() })
      door.lines.push(line.page)
      return line.page
    },
    dataRequest: () => ({ url: '', headers: {} }),
  } satisfies Door & Record<string, unknown>
  const wake = new EventTarget()
  const link = new HostLink(door, wake, timing)
  onTestFinished(() => link[Symbol.dispose]())
  await link.start()
  return { host, door, link, wake }
}

function states(link: HostLink): string[] {
  const seen: string[] = []
  link.onStatus(() => seen.push(link.status().state))
  return seen
}
