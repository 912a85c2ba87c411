import { describe, expect, it } from 'vitest'
import { concat, ethernet, ipv4, tcp, text } from '../../query/testing/frames.ts'
import { findInCapture, findInFrames, kindsOf, theFinding, type TimedFrame } from '../../../test/support/find-in.ts'

// What servers answer, and when.

const CLIENT = '10.244.1.5'
const SERVER = '10.244.2.6'
const [SYN, RST, ACK, PUSH] = [2, 4, 0x10, 0x18]

interface Exchange {
  readonly ask?: string
  /** None without. */
  readonly answer?: string
  /** Milliseconds from the request to the answer. */
  readonly after?: number
  /** Whether the server's host acknowledges the request at once; true without. */
  readonly acknowledged?: boolean
}

/** A connection of its own with these exchanges, one after the other, a second apart. */
function connection(port: number, exchanges: readonly Exchange[], end?: number): TimedFrame[] {
  const frames: TimedFrame[] = []
  let time = port * 1e6
  const sent = [1001, 5001]
  const send = (from: 0 | 1, flags: number, payload = '', seq = sent[from]) => {
    const ports = from === 0 ? { source: port, destination: 80 } : { source: 80, destination: port }
    const ends = from === 0 ? { source: CLIENT, destination: SERVER } : { source: SERVER, destination: CLIENT }
    const ack = flags & ACK ? { ack: sent[1 - from] } : {}
    const bytes = concat(tcp({ ...ports, ...ack, seq, flags, window: 60_000 }, text(payload)))
    frames.push({ time, bytes: ethernet(0x800, ipv4({ ...ends, protocol: 6 }, bytes)) })
    sent[from] += payload.length
    time += 100_000
  }
  send(0, SYN, '', 1000)
  send(1, SYN | ACK, '', 5000)
  send(0, ACK)
  for (const { ask = 'GET /a', answer, after = 5, acknowledged = true } of exchanges) {
    send(0, PUSH, `${ask} HTTP/1.1\r\nHost: shop\r\n\r\n`)
    if (acknowledged) send(1, ACK)
    time += after * 1e6
    if (answer === undefined) continue
    send(1, PUSH, `HTTP/1.1 ${answer} X\r\nContent-Length: 2\r\n\r\nok`)
    send(0, ACK)
    time += 1e9
  }
  if (end !== undefined) {
    time += end * 1e6
    send(0, RST | ACK)
  }
  return frames
}

const find = (...connections: readonly TimedFrame[][]) =>
  findInFrames(connections.flat().toSorted((a, b) => a.time - b.time))

const times = (count: number, exchange: Exchange) => Array.from({ length: count }, () => exchange)

describe('answers that say an error', () => {
  it('are told with their share, and how long they took', async () => {
    const finding = theFinding(await findInCapture('server-errors.pcap.gz'))
    expect(finding).toMatchObject({ kind: 'server-errors', count: 10, severity: 'high' })
    expect(finding.title).toBe('10.244.2.16:8080 answers 503')
    expect(finding.sentence).toMatch(/^10 of 53 requests \(19 %\) from 10\.244\.1\.15 to 10\.244\.2\.16:8080 /)
    expect(finding.evidence[1].role).toBe('the answer, 503')
  })

  it('are a time-out where all took as long', async () => {
    const finding = theFinding(await find(connection(4000, times(4, { answer: '504', after: 15_000 }))))
    expect(finding.sentence).toContain('each after 15.0 s, which is a time-out')
    expect(finding.blamed).toContain('where that is a proxy, the server behind it')
  })

  it('are less where there is one among many', async () => {
    const report = await find(connection(4000, [{ answer: '500' }, ...times(5, { answer: '200' })]))
    expect(theFinding(report)).toMatchObject({ kind: 'server-errors', severity: 'medium', count: 1 })
  })

  it.each(['400', '404', '429', '501', '304'])('are not what a client asked wrongly: %s', async (answer) => {
    expect(kindsOf(await find(connection(4000, times(4, { answer }))))).toEqual([])
  })
})

describe('answers that come late', () => {
  it('are told apart from the quick ones of another server', async () => {
    const finding = theFinding(await findInCapture('slow-server.pcap.gz'))
    expect(finding).toMatchObject({ kind: 'slow-server', count: 4, server: { address: '10.244.2.16', port: 8080 } })
    expect(finding.sentence).toContain('“GET /suggest” (4 times)')
    expect(finding.why).toContain('The way to the server and back takes 0.')
    expect(finding.costMs).toBeCloseTo(8350, -2)
  })

  it('may be no answers at all to what the server’s host had acknowledged', async () => {
    const late = [4000, 4100, 4200].map((port) => connection(port, [{}], 3000))
    const finding = theFinding(await find(...late))
    expect(finding).toMatchObject({ kind: 'slow-server', count: 3 })
    expect(finding.sentence).toContain('3 requests got no answer at all, though they arrived.')
  })

  it('are not the server’s where the request did not arrive', async () => {
    const lost = [4000, 4100, 4200].map((port) => connection(port, [{ acknowledged: false }], 3000))
    expect(kindsOf(await find(...lost))).not.toContain('slow-server')
  })

  it('are no trouble where one met a pause', async () => {
    const report = await find(
      connection(4000, [...times(2, { answer: '200', after: 1500 }), ...times(4, { answer: '200' })]),
    )
    expect(kindsOf(report)).toEqual([])
  })

  it('are no trouble where the server holds them back until its timer ends', async () => {
    expect(kindsOf(await find(connection(4000, times(4, { answer: '204', after: 30_000 }))))).toEqual([])
  })

  it.each(['GET /api/v1/watch/pods', 'GET /events', 'GET /longpoll'])(
    'are no trouble where it was asked to wait: %s',
    async (ask) => {
      const waits = [1500, 2500, 8000, 4000].map((after) => ({ ask, answer: '200', after }))
      expect(kindsOf(await find(connection(4000, waits)))).toEqual([])
    },
  )
})

describe('TLS handshakes that fail', () => {
  it('are told with who ended them, and what the alert means', async () => {
    const { findings } = await findInCapture('handshakes.pcap.gz')
    expect(findings.map(({ title, count }) => [title, count])).toEqual([
      ['TLS with 10.244.2.16:4433 fails: unknown ca', 2],
      ['TLS with 10.244.2.16:4435 fails: protocol version', 1],
    ])
    expect(findings[0].sentence).toContain('The client sent it: the client does not trust whoever signed')
    expect(findings[1].sentence).toContain('The server sent it: they have no version of TLS in common.')
  })
})
