import { appendFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RpcSession } from 'capnweb'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import { MessageTransport } from '../common/message-transport.ts'
import { MOST_PIECES } from '../common/model/capture-pieces.ts'
import { startServer } from '../main/server.ts'
import { Mailbox } from '../main/streams.ts'
import { browserDoor } from '../renderer/app/doors/browser-door.ts'
import {
  captureExcerpts,
  capturePieces,
  captureRange,
  captureSearch,
  captureStream,
  sendJoined,
  whyBroken,
} from '../renderer/app/doors/capture-bytes.ts'
import { desktopDoor } from '../renderer/app/doors/desktop-door.ts'
import { callRemote } from '../renderer/app/host-link.ts'
import type { RemoteHost } from '../renderer/app/host-link.ts'
import { startHost } from './support/host.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// The page's doors against the real host, with the few globals of a browser that they use. A real browser: test/e2e.

const never = new AbortController().signal

describe("the browser's door", () => {
  it('is opened by the token, which leaves the address bar and stays for reloads', async () => {
    const { visit } = await served()
    const first = visit('#token=TOKEN&open=file-1,file-2')
    expect(first.door.initialCaptures).toEqual(['file-1', 'file-2'])
    expect(first.addressBar()).toBe('/?capture=x')
    await facts(await first.door.connect(never))
    await facts(await visit('').door.connect(never))
  })

  it('exchanges a ticket, once for all its lines', async () => {
    const { visit, server } = await served()
    const { door, addressBar } = visit(new URL(server.ticketUrl([])).hash)
    expect(addressBar()).toBe('/?capture=x')
    await facts(await door.connect(never))
    await facts(await door.connect(never))
  })

  it('stays closed without a token, and says what to open', async () => {
    const { visit } = await served()
    await expect(visit('').door.connect(never)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('that `hopscope serve` printed'),
    })
  })

  it('tells a host that was started again from one that is not there', async () => {
    const { visit, server } = await served()
    const { door } = visit('#token=of-another-start')
    await expect(door.connect(never)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('This link is not valid, or no longer: every start'),
    })
    await server.close()
    await expect(door.connect(never)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('is told when the line is lost', async () => {
    const { visit, server } = await served()
    const line = await visit('#token=TOKEN').door.connect(never)
    const lost = new Promise((resolve) => (line.onEnd = (reason) => resolve(reason.message)))
    await server.close()
    expect(await lost).toBe('The connection to the host is lost.')
  })
})

describe("a capture's bytes", () => {
  it('come as a stream from an offset, and as ranges', async () => {
    const { request } = await opened('0123456789')
    expect(await textOf(await captureStream(request))).toBe('0123456789')
    expect(await textOf(await captureStream(request, { from: 4 }))).toBe('456789')
    expect(Buffer.from(await captureRange(request, 2, 5)).toString()).toBe('234')
    expect(Buffer.from(await captureRange(request, 8, 50)).toString()).toBe('89')
    expect((await captureRange(request, 5, 5)).length).toBe(0)
  })

  it('come as pieces from here and there, fewer where it ends', async () => {
    const { request } = await opened('0123456789')
    const { bytes, places, lengths } = await capturePieces(request, [
      { offset: 7, length: 2 },
      { offset: 1, length: 3 },
      { offset: 8, length: 5 },
      { offset: 50, length: 5 },
    ])
    const texts = Array.from(places, (at, n) => Buffer.from(bytes.subarray(at, at + lengths[n])).toString())
    expect(texts).toEqual(['78', '123', '89', ''])
  })

  it('come as excerpts, as far as the capture reaches', async () => {
    const { request } = await opened('0123456789')
    const excerpts = async (length: number, ...places: number[]) =>
      Buffer.from(await captureExcerpts(request, length, Float64Array.from(places))).toString()
    expect(await excerpts(2, 0, 1, 7, 9, 1e15)).toBe('011278')
    await expect(excerpts(65, 0)).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('come as no excerpts to who has left', async () => {
    const { request } = await opened('0123456789')
    const leave = new AbortController()
    const asked = captureExcerpts(request, 2, Float64Array.of(0), leave.signal)
    leave.abort()
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('are read no further for the excerpts of who leaves', async () => {
    const { capture, request } = await opened('0123456789')
    const leave = new AbortController()
    const open = capture.open.bind(capture)
    const ended = new Promise<void>((resolve) => {
      vi.spyOn(capture, 'open').mockImplementation(async () => {
        const file = await open()
        vi.spyOn(file, 'read').mockImplementation(async () => {
          leave.abort()
          await expect.poll(() => file.fd).toBe(-1)
          resolve()
          throw new Error('It is closed.')
        })
        return file
      })
    })
    const asked = captureExcerpts(request, 2, Float64Array.of(0), leave.signal)
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
    await ended
  })

  it('are searched where they are', async () => {
    const { request } = await opened('0123456789 0123')
    const text = Buffer.from('23').toString('hex')
    expect(await captureSearch(request, text, 1, 50)).toEqual({ places: Float64Array.of(2, 13), to: 14 })
  })

  it('come as so many pieces as may be asked for, wherever they are', async () => {
    const { request } = await opened('0123456789')
    const pieces = Array.from({ length: MOST_PIECES }, (_, n) => ({
      offset: n % 2 === 0 ? 0 : 1e15 + n,
      length: 1 + (n % 3),
    }))
    const { bytes, places, lengths } = await capturePieces(request, pieces)
    expect(Array.from(lengths)).toEqual(pieces.map(({ offset, length }) => (offset === 0 ? length : 0)))
    expect(bytes[places[MOST_PIECES - 2]]).toBe('0'.charCodeAt(0))
  })

  it('are followed while the capture grows', async () => {
    const { host, visit } = await served()
    const path = join(temporaryFolder(), 'growing.pcapng')
    await writeFile(path, 'first ')
    const capture = await host.captures.openGrowing(path)
    const request = visit('#token=TOKEN').door.dataRequest(capture.describe())
    const reading = captureStream(request, { from: 2, follow: true }).then(textOf)
    await appendFile(path, 'last')
    capture.finish()
    expect(await reading).toBe('rst last')
  })

  it('stop when the reader does', async () => {
    const { request } = await opened('x'.repeat(1 << 20))
    const stop = new AbortController()
    const stream = await captureStream(request, { signal: stop.signal })
    stop.abort()
    await expect(textOf(stream)).rejects.toThrow()
    await expect(captureRange(request, 0, 5, stop.signal)).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('say why they do not come', async () => {
    const { request, path } = await opened('0123456789')
    await truncate(path, 5)
    const cut = { code: 'unavailable', message: `${path} was cut from 10 to 5 bytes: open it again.` }
    await expect(captureStream(request)).rejects.toMatchObject(cut)
    expect(await whyBroken(request)).toMatchObject(cut)
    await rm(path)
    expect(await whyBroken(request)).toMatchObject({ code: 'not-found' })
  })

  it('say so when nobody answers', async () => {
    const { request, server } = await opened('0123456789')
    await server.close()
    await expect(captureRange(request, 0, 1)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await whyBroken(request)).toMatchObject({ code: 'unavailable' })
  })
})

describe('a capture that the page puts together', () => {
  it('goes to the host a piece at a time, and what is wrong with one is said', async () => {
    const { host, visit } = await served()
    const { door } = visit('#token=TOKEN')
    const { capturing } = host.contract({ door: 'browser', commands: new Mailbox() })
    const places = (await capturing.beginJoined({ title: 'both', from: ['a.pcap', 'b.pcap'], bytes: 4 })).getReader()
    const place = await places.read()
    if (place.done) throw new Error('It has no place.')
    const request = door.dataRequest(place.value)
    await sendJoined(request, 0, Uint8Array.of(1, 2))
    await sendJoined(request, 2, Uint8Array.of(3, 4))
    const facts = { packets: 1, points: [], startedAt: 0, endedAt: 0 }
    const source = await capturing.finishJoined(place.value.id, facts)
    expect(await captureRange(door.dataRequest(source), 0, 9)).toEqual(Uint8Array.of(1, 2, 3, 4))
    await expect(sendJoined(request, 4, Uint8Array.of(5))).rejects.toMatchObject({ code: 'not-found' })
    const other = visit('#token=of-another-start').door.dataRequest(place.value)
    await expect(sendJoined(other, 0, Uint8Array.of(5))).rejects.toMatchObject({ code: 'permission-denied' })
  })
})

describe("the desktop's door", () => {
  it('takes the port that the preload hands over, and no other message', async () => {
    const { host } = await startHost()
    const page = new EventTarget()
    const asked: unknown[][] = []
    browser({
      window: Object.assign(page, { postMessage: (...args: unknown[]) => asked.push(args) }),
      location: { hash: '#open=file-1', pathname: '/', search: '', origin: 'hopscope://app' },
    })
    const door = desktopDoor()
    expect(door.initialCaptures).toEqual(['file-1'])
    expect(door.dataRequest({ url: 'capture/file-1' })).toEqual({ url: 'hopscope://app/capture/file-1', headers: {} })
    const connecting = door.connect(never)
    expect(asked).toEqual([['hopscope:connect', 'hopscope://app']])

    const { port1, port2 } = new MessageChannel()
    const foreign = new MessageChannel()
    const message = (source: unknown, data: string, ports: MessagePort[]) =>
      page.dispatchEvent(Object.assign(new Event('message'), { source, data, ports }))
    message({}, 'hopscope:port', [foreign.port1])
    message(page, 'something else', [foreign.port1])
    message(page, 'hopscope:port', [port2])
    const line = new MessageTransport({ send: (frame) => port1.postMessage(frame), close: () => port1.close() })
    port1.addEventListener('message', (event) => line.deliver(event.data))
    port1.start()
    host.connect(line, { door: 'desktop', commands: new Mailbox() })
    expect(await facts(await connecting)).toMatchObject({ door: 'desktop' })
    for (const port of [port1, port2, foreign.port1]) port.close()
  })
})

async function served() {
  const { host } = await startHost()
  const server = await startServer(host, { port: 0, page: temporaryFolder() })
  onTestFinished(() => server.close())
  const token = /#token=([\w-]+)/.exec(server.url([]))?.[1] ?? ''
  const session = new Map<string, string>()
  /** A page of a tab whose session storage lasts. */
  const visit = (hash: string) => {
    const url = new URL(`/?capture=x${hash.replace('TOKEN', token)}`, server.url([]))
    let shown = url.pathname + url.search + url.hash
    browser({
      location: { href: url.href, hash: url.hash, pathname: url.pathname, search: url.search, origin: url.origin },
      history: { state: null, replaceState: (_state: unknown, _title: string, replaced: string) => (shown = replaced) },
      sessionStorage: {
        getItem: (key: string) => session.get(key) ?? null,
        setItem: (key: string, value: string) => session.set(key, value),
      },
      // As a browser does: the page's origin goes along.
      WebSocket: class extends NodeWebSocket {
        constructor(address: URL, protocols: string[]) {
          super(address, protocols, { origin: url.origin })
          this.on('error', () => undefined) // A page need not listen.
        }
      },
    })
    return { door: browserDoor(), addressBar: () => shown }
  }
  return { host, server, visit }
}

async function opened(text: string) {
  const { host, server, visit } = await served()
  const path = join(temporaryFolder(), 'capture.pcap')
  await writeFile(path, text)
  const capture = await host.captures.openFile(path)
  return { server, path, capture, request: visit('#token=TOKEN').door.dataRequest(capture.describe()) }
}

function browser(globals: Readonly<Record<string, unknown>>): void {
  const all = { history: { state: null, replaceState: () => undefined }, ...globals }
  for (const [name, value] of Object.entries(all)) vi.stubGlobal(name, value)
  onTestFinished(() => void vi.unstubAllGlobals())
}

async function facts(line: MessageTransport): Promise<unknown> {
  return callRemote(new RpcSession<RemoteHost>(line).getRemoteMain(), 'app', 'facts', [])
}

const textOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => new Response(stream).text()
