import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FollowLine, FollowSide } from '../answers.ts'
import { FollowedStream } from './follow-stream.ts'
import { searchStream } from './follow-stream-search.ts'
import { streamLines } from './follow-stream-lines.ts'
import { ethernet, ipv4, tcp, text, udp } from './testing/frames.ts'
import { TestCapture } from './testing/test-capture.ts'
import { Cancelled } from './work.ts'

const CLIENT = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }
const SERVER = { source: '10.0.0.2', destination: '10.0.0.1', protocol: 6 }
const SYN = 0x02
const FIN = 0x01
const RST = 0x04
const ACK = 0x10

/** A conversation of 10.0.0.1:40000 with 10.0.0.2:80; sequence numbers as in the header. */
class Talk {
  readonly capture = new TestCapture()
  #time = 0n

  client(seq: number, ack: number, payload: string | Uint8Array = '', flags = ACK, cut = 0): this {
    return this.#add(true, seq, ack, payload, flags, cut)
  }
  server(seq: number, ack: number, payload: string | Uint8Array = '', flags = ACK, cut = 0): this {
    return this.#add(false, seq, ack, payload, flags, cut)
  }
  handshake(client = 999, server = 4999): this {
    return this.client(client, 0, '', SYN)
      .server(server, client + 1, '', SYN | ACK)
      .client((client + 1) >>> 0, server + 1)
  }

  #add(fromClient: boolean, seq: number, ack: number, payload: string | Uint8Array, flags: number, cut: number): this {
    const [source, destination] = fromClient ? [40000, 80] : [80, 40000]
    const body = typeof payload === 'string' ? text(payload) : payload
    const segment = tcp({ source, destination, seq: seq >>> 0, ack: ack >>> 0, flags }, body)
    const frame = ethernet(0x0800, ipv4(fromClient ? CLIENT : SERVER, segment))
    this.capture.add((this.#time += 1_000_000n), frame.subarray(0, frame.length - cut), { length: frame.length })
    return this
  }
}

function follow(capture: TestCapture, side?: FollowSide): FollowedStream {
  const rows = Uint32Array.from({ length: capture.packets.rows }, (_, row) => row)
  const stream = FollowedStream.of(capture, 0, rows, side)
  if (!stream) throw new Error('there is no stream')
  return stream
}

/** "client: text" a line, holes in brackets. */
async function said(capture: TestCapture, side?: FollowSide, width = 1000): Promise<readonly string[]> {
  const lines = streamLines(follow(capture, side), 'text', width)
  await lines.extend(capture.read, {})
  return (await lines.lines(0, lines.count, capture.read)).map(shown)
}

function shown({ side, bytes, missing }: FollowLine): string {
  return `${side}: ${missing ? `[${missing.bytes} ${missing.why}]` : new TextDecoder().decode(bytes)}`
}

describe('following a TCP stream', () => {
  it('puts what both sides say in order, each byte once', async () => {
    const { capture } = new Talk()
      .handshake()
      .client(1000, 5000, 'GET / HTTP/1.1\r\n')
      .client(1000, 5000, 'GET / HTTP/1.1\r\n') // sent again
      .server(5008, 1016, 'second, ') // overtook the first
      .server(5000, 1016, 'first, s')
      .server(5004, 1016, 't, second, third') // overlaps both and brings news
      .client(1016, 5020)
    expect(await said(capture)).toEqual(['client: GET / HTTP/1.1', 'server: first, ssecond, hird'])
    const { client, server } = follow(capture).facts
    expect(client).toEqual({ address: '10.0.0.1', port: 40000, bytes: 16, missing: 0, pieces: 1 })
    expect(server).toMatchObject({ port: 80, bytes: 20, missing: 0, pieces: 3 })
  })

  it('shows what the other side acknowledged but no packet of the capture holds', async () => {
    const { capture } = new Talk()
      .handshake()
      .server(5000, 1000, 'one ')
      .server(5104, 1000, 'three')
      .client(1000, 5109)
      .server(5109, 1000, ' four')
    expect(await said(capture)).toEqual(['server: one ', 'server: [100 gap]', 'server: three four'])
    expect(follow(capture).facts.server).toMatchObject({ bytes: 114, missing: 100 })
  })

  it('shows at the end what came behind a hole that was never filled, and what was acknowledged without being seen', async () => {
    const { capture } = new Talk().handshake().server(5010, 1000, 'late').client(1000, 5000).server(5014, 1500)
    expect(await said(capture)).toEqual(['server: [10 gap]', 'server: late', 'client: [500 gap]'])
  })

  it('does not take the number of a FIN for a missing byte', async () => {
    const { capture } = new Talk()
      .handshake()
      .client(1000, 5000, 'bye', ACK | FIN)
      .server(5000, 1004)
    expect(await said(capture)).toEqual(['client: bye'])
  })

  it('says how much of each packet the snap length cut off', async () => {
    const { capture } = new Talk()
      .handshake()
      .client(1000, 5000, 'abcdefgh', ACK, 5)
      .client(1008, 5000, 'ijklmnop', ACK, 8)
      .client(1016, 5000, 'qrst')
    expect(await said(capture)).toEqual(['client: abc', 'client: [13 cut]', 'client: qrst'])
  })

  it('begins amid a conversation at the first byte in order, even if a later one was seen before', async () => {
    const { capture } = new Talk().server(7005, 300, 'world').server(7000, 300, 'hello').client(300, 7010, 'hm')
    expect(await said(capture)).toEqual(['server: helloworld', 'client: hm'])
  })

  it('goes on where sequence numbers begin anew', async () => {
    const { capture } = new Talk()
      .handshake(0xffff_fffa)
      .client(0xffff_fffb, 5000, 'abcde')
      .client(2, 5000, 'hi')
      .client(0, 5000, 'fg')
    expect(await said(capture)).toEqual(['client: abcdefghi'])
  })

  it('leaves out keep-alives and the words of a RST', async () => {
    const { capture } = new Talk()
      .handshake()
      .client(1000, 5000, 'ping')
      .server(5000, 1004)
      .client(1003, 5000, '\0')
      .server(5000, 1004, 'go away', RST | ACK)
    expect(await said(capture)).toEqual(['client: ping'])
  })

  it('shows one side alone', async () => {
    const { capture } = new Talk().handshake().client(1000, 5000, 'a').server(5000, 1001, 'b').client(1001, 5001, 'c')
    expect(await said(capture, 'client')).toEqual(['client: ac'])
    expect(await said(capture, 'server')).toEqual(['server: b'])
  })

  it('knows who opened the conversation when the answer was captured first', () => {
    const { capture } = new Talk().server(4999, 1000, '', SYN | ACK).client(1000, 5000, 'a')
    expect(follow(capture).facts.client.port).toBe(40000)
  })

  it('makes the same of segments in any order, sent any number of times', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(299), fc.integer({ min: 1, max: 90 })), { maxLength: 40 }),
        async (segments) => {
          const talk = new Talk().handshake()
          const had = new Set<number>()
          for (const [from, length] of segments) {
            const payload = bytes.subarray(from, from + length)
            for (let i = from; i < from + payload.length; i++) had.add(i)
            talk.server(5000 + from, 1000, payload)
          }
          const stream = follow(talk.capture)
          const captured = await stream.slice(0, stream.bytes, talk.capture.read)
          expect([...captured]).toEqual([...had].toSorted((a, b) => a - b).map((i) => bytes[i]))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('follows nothing where there is no stream', () => {
    const capture = new TestCapture()
    capture.add(0n, ethernet(0x0800, ipv4({ ...CLIENT, protocol: 1 }, [8, 0, 0, 0, 0, 0, 0, 0])))
    expect(FollowedStream.of(capture, 0, Uint32Array.of(0))).toBeUndefined()
  })
})

describe('following UDP', () => {
  it('keeps every datagram by itself', async () => {
    const capture = new TestCapture()
    const up = { ...CLIENT, protocol: 17 }
    const down = { ...SERVER, protocol: 17 }
    capture.add(0n, ethernet(0x0800, ipv4(up, udp(5353, 53, text('who')))))
    capture.add(1n, ethernet(0x0800, ipv4(up, udp(5353, 53, text('who')))))
    capture.add(2n, ethernet(0x0800, ipv4(down, udp(53, 5353, text('me')))))
    expect(await said(capture)).toEqual(['client: who', 'client: who', 'server: me'])
  })
})

describe('lines of a stream', () => {
  const { capture } = new Talk()
    .handshake()
    .client(1000, 5000, 'first line\nsecond ')
    .client(1018, 5000, 'line\r\n\n0123456789abcdef0123')
    .server(5200, 1045, 'after a hole')
    .client(1045, 5212, 'q')

  it('end where the sender ended them, or when they are too long, or another speaks', async () => {
    expect(await said(capture, undefined, 13)).toEqual([
      'client: first line',
      'client: second line',
      'client: ',
      'client: 0123456789abc',
      'client: def0123',
      'server: [200 gap]',
      'server: after a hole',
      'client: q',
    ])
  })

  it('never part a character of several bytes', async () => {
    const { capture: umlauts } = new Talk().handshake().client(1000, 5000, 'aaaäöü€')
    expect(await said(umlauts, undefined, 4)).toEqual(['client: aaa', 'client: äö', 'client: ü', 'client: €'])
  })

  it('tell the packet of their first byte and its place in what the side said', async () => {
    const lines = streamLines(follow(capture), 'text', 13)
    await lines.extend(capture.read, {})
    const all = await lines.lines(0, lines.count, capture.read)
    expect(all.map(({ row, offset, position }) => [row, offset, position])).toEqual([
      [3, 0, 0],
      [3, 11, 11],
      [4, 24, 24],
      [4, 25, 25],
      [4, 38, 38],
      [6, 0, 45],
      [5, 200, 45],
      [6, 45, 57],
    ])
  })

  it('are sixteen bytes in a hex dump, which needs no look at the bytes', async () => {
    const lines = streamLines(follow(capture), 'hex', 0)
    expect(lines.complete).toBe(true)
    expect(lines.count).toBe(6)
    const [, , , hole] = await lines.lines(0, 4, capture.read)
    expect(hole.missing).toEqual({ bytes: 200, why: 'gap' })
    const [third] = await lines.lines(2, 1, capture.read)
    expect([third.offset, third.bytes.length]).toEqual([32, 13])
  })

  it('are found from a position, in every layout', async () => {
    for (const format of ['text', 'hex', 'raw'] as const) {
      const stream = follow(capture)
      const lines = streamLines(stream, format, 12)
      await lines.extend(capture.read, {})
      for (let position = 0; position < stream.bytes; position++) {
        const [line] = await lines.lines(lines.lineAt(position), 1, capture.read)
        expect(line.missing).toBeUndefined()
        expect(line.position).toBeLessThanOrEqual(position)
        expect(position - line.position).toBeLessThan(format === 'raw' ? 32 : format === 'hex' ? 16 : 13)
      }
    }
  })

  it('are given up when nobody wants them any more', async () => {
    const lines = streamLines(follow(capture), 'text', 12)
    await expect(lines.extend(capture.read, { signal: { aborted: true } })).rejects.toThrow(Cancelled)
  })
})

describe('searching a stream', () => {
  const { capture } = new Talk()
    .handshake()
    .client(1000, 5000, 'abababa Nee')
    .client(1011, 5000, 'dle needle')
    .server(5000, 1021, 'le needle')

  async function find(needle: string, anyCase = false): Promise<readonly number[]> {
    const { positions } = await searchStream(follow(capture), text(needle), anyCase, capture.read)
    return [...positions]
  }

  it('finds what lies in two packets, and what overlaps itself', async () => {
    expect(await find('Needle')).toEqual([8])
    expect(await find('aba')).toEqual([0, 2, 4])
  })

  it('takes upper and lower case for the same when told so', async () => {
    expect(await find('NEEDLE', true)).toEqual([8, 15, 24])
  })

  it('does not find what one side began and the other ended', async () => {
    expect(await find('needlele')).toEqual([])
  })

  it('finds nothing for nothing', async () => {
    expect(await find('')).toEqual([])
  })
})
