import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect as tcpConnect, createServer as createTcpServer, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer, type WebSocket as Peer } from 'ws'
import { clientFrame } from './websocket-frames.ts'
import { openWebSocket, UpgradeRefused, type Connect, type WebSocket } from './websocket.ts'

/** Into memory that serves again, or as a proxy's tunnel hands it on. */
const connections: readonly (readonly [string, (port: number) => Connect])[] = [
  ['directly', (port) => (onread) => tcpConnect({ host: '127.0.0.1', port, onread })],
  ['through a tunnel', (port) => () => tcpConnect({ host: '127.0.0.1', port })],
]

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

const open = (port: number, connect: Connect, signal?: AbortSignal) =>
  openWebSocket(
    new URL(`http://127.0.0.1:${port}/exec?command=a`),
    { authorization: 'Bearer t' },
    ['v5', 'v4'],
    connect,
    signal,
  )

/** What came until the connection was closed. */
interface Heard {
  readonly messages: Buffer[]
  readonly closed: Promise<{ readonly code: number; readonly why: string | undefined }>
}

function hear(socket: WebSocket, onData?: (bytes: Buffer) => void): Heard {
  const messages: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<{ code: number; why: string | undefined }>()
  let parts: Buffer[] = []
  socket.listen({
    data(bytes, _begins, ends) {
      onData?.(bytes)
      parts.push(Buffer.from(bytes))
      if (!ends) return
      messages.push(Buffer.concat(parts))
      parts = []
    },
    heard: () => undefined,
    closed: (code, why) => resolve({ code, why }),
  })
  return { messages, closed: promise }
}

describe.each(connections)("with a server of npm's ws, %s", (_how, connectTo) => {
  async function served(serve: (peer: Peer, request: IncomingMessage) => void): Promise<WebSocket> {
    const server = createServer()
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'v5' })
    sockets.on('connection', serve)
    onTestFinished(() => sockets.clients.forEach((client) => client.terminate()))
    const port = await listen(server)
    return open(port, connectTo(port))
  }

  it('messages of any size go there and come back, and the close with its code', async () => {
    const sizes = [0, 1, 125, 126, 32_768, 65_535, 65_536, 300_000]
    const socket = await served((peer, request) => {
      expect(request.headers.authorization).toBe('Bearer t')
      expect(request.url).toBe('/exec?command=a')
      let count = 0
      peer.on('message', (data: Buffer) => {
        peer.send(data)
        if (++count === sizes.length) peer.close(3001, 'enough')
      })
    })
    expect(socket.protocol).toBe('v5')
    const { messages, closed } = hear(socket)
    const sent = sizes.map((size) => Buffer.alloc(size, 'hopscope'))
    for (const one of sent) socket.send(one.subarray(0, 1), one.subarray(1))
    expect(await closed).toEqual({ code: 3001, why: 'enough' })
    expect(messages.map((one, index) => one.equals(sent[index] ?? Buffer.alloc(0)))).toEqual(sizes.map(() => true))
    expect(socket.isOpen).toBe(false)
  })

  it('what the server sends at once with its answer is there, and so are fragments', async () => {
    const socket = await served((peer) => {
      peer.send(Buffer.from('first'))
      peer.send(Buffer.from('se'), { fin: false })
      peer.ping('between')
      peer.send(Buffer.from('cond'), { fin: true })
      peer.close()
    })
    const { messages, closed } = hear(socket)
    expect((await closed).code).toBe(1005)
    expect(messages.map(String)).toEqual(['first', 'second'])
  })

  it('pings are answered, ours too, and the server hears our close', async () => {
    const said: unknown[] = []
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const { promise: ended, resolve: end } = Promise.withResolvers<number>()
    const socket = await served((peer) => {
      peer.on('pong', (payload: Buffer) => said.push(String(payload)))
      peer.on('ping', () => answer())
      peer.on('close', end)
      peer.ping('are you there?')
    })
    const { closed } = hear(socket)
    socket.ping()
    await answered
    socket.close(1000)
    expect(await ended).toBe(1000)
    expect((await closed).code).toBe(1000)
    expect(said).toEqual(['are you there?'])
  })

  it('held and resumed, it hands on all bytes in their order', async () => {
    const size = 8_000_000
    const bytes = Buffer.from(Uint32Array.from({ length: size / 4 }, (_, index) => index).buffer)
    const socket = await served((peer) => {
      for (let at = 0; at < size; at += 32_000) peer.send(bytes.subarray(at, at + 32_000))
      peer.close(1000)
    })
    const whole: Buffer[] = []
    let held: Buffer[] = []
    const { closed } = hear(socket, (piece) => {
      held.push(piece)
      if (held.length > 1) return
      socket.hold()
      // The pieces are read only after others have come.
      setImmediate(() => {
        whole.push(...held.map((one) => Buffer.from(one)))
        held = []
        socket.resume()
      })
    })
    expect((await closed).code).toBe(1000)
    expect(Buffer.concat(whole).equals(bytes)).toBe(true)
  })

  it('the code is 1006 when the connection breaks', async () => {
    const { closed } = hear(await served((peer) => peer.terminate()))
    expect((await closed).code).toBe(1006)
  })
})

/** Says so many words to whoever connects, after its request has come. */
async function rawServer(answer: (key: string) => string | Buffer, then?: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (request: Buffer) => {
        const [, key = ''] = /sec-websocket-key: (.*)\r\n/i.exec(request.toString('latin1')) ?? []
        socket.write(answer(key))
        then?.(socket)
      })
    }),
  )
}

const accept = (key: string) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const switching = (key: string, ...more: readonly string[]) =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: WebSocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept(key)}`,
  ]
    .concat(more, '', '')
    .join('\r\n')

describe.each(connections)('with a server that breaks the rules, %s', (_how, connectTo) => {
  it.each([
    ['a masked frame', clientFrame(2, Buffer.from('x')), 1002, /a masked frame/],
    ['an unknown frame', Buffer.of(0x8f, 0), 1002, /unknown kind 15/],
    ['a frame that is too long', Buffer.from([0x82, 127, 1, 0, 0, 0, 0, 0, 0, 0]), 1009, /a frame of \d+ bytes/],
    ['text', Buffer.of(0x81, 1, 0x61), 1003, /text/],
    ['half a close code', Buffer.of(0x88, 1, 3), 1002, /half a close code/],
  ])('%s: it is told why, and the connection ends', async (_what, bytes, code, why) => {
    const { promise, resolve } = Promise.withResolvers<Buffer>()
    const port = await rawServer(
      (key) => Buffer.concat([Buffer.from(switching(key, 'Sec-WebSocket-Protocol: v4')), bytes]),
      (socket) => void buffer(socket).then(resolve),
    )
    const { messages, closed } = hear(await open(port, connectTo(port)))
    expect(await closed).toEqual({ code: 1006, why: expect.stringMatching(why) })
    expect(messages).toEqual([])
    const said = await promise
    const key = said.subarray(2, 6)
    expect([said[0], said[1]]).toEqual([0x88, 0x82])
    expect((((said[6] ?? 0) ^ (key[0] ?? 0)) << 8) | ((said[7] ?? 0) ^ (key[1] ?? 0))).toBe(code)
  })

  it.each([
    [
      'a foreign accept',
      (key: string) => switching(`${key}x`, 'Sec-WebSocket-Protocol: v5'),
      /not that of a WebSocket/,
    ],
    ['an extension', (key: string) => switching(key, 'Sec-WebSocket-Extensions: permessage-deflate'), /an extension/],
    ['another protocol', (key: string) => switching(key, 'Sec-WebSocket-Protocol: v9'), /the protocol "v9"/],
    ['no protocol', (key: string) => switching(key), /the protocol ""/],
    ['what is not HTTP', () => 'SSH-2.0-OpenSSH\r\n\r\n', /Parse Error/],
  ])('%s in its answer: nothing is opened', async (_what, answer, why) => {
    const port = await rawServer(answer)
    await expect(open(port, connectTo(port))).rejects.toThrow(why)
  })

  it('no answer: it ends when the server does, or who asked no longer wants it', async () => {
    const port = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())))
    await expect(open(port, connectTo(port))).rejects.toThrow(/socket hang up|ECONNRESET/)
    const silent = await listen(createTcpServer((socket) => socket.on('error', () => undefined)))
    const asked = new AbortController()
    const opening = open(silent, connectTo(silent), asked.signal)
    asked.abort()
    await expect(opening).rejects.toThrow(/abort/)
  })

  it('a refusal comes with its words, in whatever form HTTP allows', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' })
      response.write('{"message":')
      response.end('"no"}')
    })
    const port = await listen(server)
    const refused: unknown = await open(port, connectTo(port)).catch((error: unknown) => error)
    if (!(refused instanceof UpgradeRefused)) throw new Error('it was not refused')
    expect(refused.response.statusCode).toBe(403)
    expect(await text(refused.response)).toBe('{"message":"no"}')
  })

  it('a refusal of a server that keeps the connection: it is closed here', async () => {
    const server = createServer()
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    server.on('upgrade', (_request, peer: Socket) => {
      peer.once('end', resolve).on('error', () => undefined)
      peer.resume()
      peer.write('HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno')
    })
    const port = await listen(server)
    const refused: unknown = await open(port, connectTo(port)).catch((error: unknown) => error)
    if (!(refused instanceof UpgradeRefused)) throw new Error('it was not refused')
    expect(await text(refused.response)).toBe('no')
    await closed
  })
})
