import { describe, expect, it } from 'vitest'
import type { ExchangeRow } from '../answers.ts'
import { Talk } from '../application/testing/talk.ts'
import { LatencyQueries } from './latency-queries.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: shop\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const MS = 1e6

function queries({ ingest, applications }: Talk): LatencyQueries {
  const { packets, conversations, tcp, roundTrips } = ingest
  return new LatencyQueries(
    { packets, conversations, tcp, roundTrips, exchanges: applications.exchanges, lastTime: ingest.lastTime },
    applications,
  )
}

function exchangesOf(talk: Talk): readonly ExchangeRow[] {
  const latency = queries(talk)
  return latency.rows(latency.order('time', false))
}

/** SYN, 20 ms to the server and back, 3 ms to the client and back. */
function connection(): Talk {
  const talk = new Talk()
  return talk.client('', { at: -1, flags: 2, ms: 0 }).server('', { at: -1, flags: 0x12, ms: 20 }).client('', { ms: 3 })
}

describe('where the time of an exchange went', () => {
  it('is told apart by the halves of the path that the handshake showed', () => {
    const talk = connection()
      .client(GET, { ms: 10 })
      .server(OK.slice(0, 20), { ms: 120 })
      .server(OK.slice(20), { ms: 5 })
    expect(exchangesOf(talk)).toMatchObject([
      {
        outcome: 'answered',
        client: '10.0.0.1',
        server: '10.0.0.2',
        serverPort: 80,
        totalNs: 125 * MS,
        networkNs: 20 * MS,
        serverNs: 100 * MS,
        transferNs: 5 * MS,
        stallNs: 0,
        clientHalfNs: 3 * MS,
        serverHalfNs: 20 * MS,
        requestRow: 3,
        responseRow: 4,
        responseEndRow: 5,
      },
    ])
  })

  it('counts the wait for a retransmission as stall, not as the server', () => {
    const talk = connection().client(GET, { ms: 10 }).client(GET, { at: 0, ms: 300 }).server(OK, { ms: 50 })
    const [row] = exchangesOf(talk)
    expect(row).toMatchObject({
      totalNs: 350 * MS,
      stallNs: 300 * MS,
      networkNs: 20 * MS,
      serverNs: 30 * MS,
      transferNs: 0,
    })
  })

  it('is all the server where the network is not known', () => {
    const talk = new Talk().client(GET, { ms: 0 }).server(OK, { ms: 70 })
    const [row] = exchangesOf(talk)
    expect(row.serverNs).toBeLessThanOrEqual(70 * MS)
    expect((row.networkNs ?? 0) + (row.serverNs ?? 0)).toBe(70 * MS)
  })

  it('is at least as long as was waited, when there was no answer', () => {
    const talk = connection().client(GET, { ms: 10 }).reset()
    expect(exchangesOf(talk)).toMatchObject([{ outcome: 'unanswered', totalNs: 1 * MS }])
    expect(exchangesOf(talk)[0]).not.toHaveProperty('serverNs')
    const still = connection().client(GET, { ms: 10 }).client('', { ms: 4000, ack: 0 })
    expect(exchangesOf(still)).toMatchObject([{ outcome: 'unanswered', totalNs: 4000 * MS }])
  })

  it('is never negative, even when the clock was set back', () => {
    const talk = connection().client(GET, { ms: 10 }).server(OK, { ms: -500 })
    const [row] = exchangesOf(talk)
    expect([row.totalNs, row.serverNs, row.transferNs, row.stallNs]).toEqual([0, 0, 0, 0])
  })
})

describe('percentiles', () => {
  it('say "at least" where they fall among what was never answered', () => {
    const talk = connection()
    for (let i = 0; i < 9; i++) talk.client(GET, { ms: 10 }).server(OK, { ms: 30 })
    talk.client(GET, { ms: 10 }).client('', { ms: 5000, ack: 9 * OK.length })
    const [http] = queries(talk)
      .summaries({ protocol: 'http' }, true)
      .filter(({ measure }) => measure === 'http')
    expect(http).toMatchObject({ count: 10, unanswered: 1, failed: 0 })
    expect(http.p50.beyond).toBe(false)
    expect(http.p50.ns).toBeCloseTo(30 * MS, -6)
    expect(http.p99).toEqual({ ns: 5000 * MS, beyond: true })
    expect(http.max).toEqual({ ns: 5000 * MS, beyond: true })
  })

  it('end with the longest that was measured, exactly, where it is longer than all that was waited in vain', () => {
    const talk = connection()
    talk.client(GET, { ms: 10 }).server(OK, { ms: 6000.25 })
    talk.client(GET, { ms: 10 }).client('', { ms: 3000, ack: OK.length })
    const [http] = queries(talk)
      .summaries({ protocol: 'http' }, true)
      .filter(({ measure }) => measure === 'http')
    expect(http).toMatchObject({ count: 2, unanswered: 1, max: { ns: 6000.25 * MS, beyond: false } })
  })

  it('leave out what is answered never or can not be told', () => {
    const talk = new Talk(9000)
      .handshake()
      .client('\u0001 a question, binary')
      .server('\u0002 an answer')
      .client('the last word')
    const [tcp] = queries(talk)
      .summaries({}, true)
      .filter(({ measure }) => measure === 'tcp')
    expect(tcp).toMatchObject({ count: 1, unanswered: 0, approximate: true })
  })
})

describe('turns', () => {
  it('are taken by who speaks, and told from retransmissions', () => {
    const talk = new Talk(9000).handshake()
    talk.client('\u0001 the first part of it').client(' and the second').server('\u0002 yes').server(' and no')
    talk.client(' and the second', { at: 22 }).client('more?').server('no')
    expect(exchangesOf(talk)).toMatchObject([
      { protocol: 'tcp', approximate: true, requestRow: 3, requestEndRow: 4, responseRow: 5, responseEndRow: 6 },
      { protocol: 'tcp', approximate: true, requestRow: 8, requestEndRow: 8, responseRow: 9, responseEndRow: 9 },
    ])
  })

  it('begin with the client, whoever speaks first', () => {
    const talk = new Talk(9000)
      .handshake()
      .server('\u0002 welcome to this server')
      .client('\u0001 hello')
      .server('\u0002 hi')
    expect(exchangesOf(talk)).toMatchObject([{ requestRow: 4, responseRow: 5 }])
  })

  it('go on where the capture has grown', () => {
    const talk = new Talk(9000).handshake().client('\u0001 a question, binary')
    const latency = queries(talk)
    expect(latency.order('time', false)).toHaveLength(1)
    talk.server('\u0002 an answer').client('\u0001 another')
    expect(latency.rows(latency.order('time', false))).toMatchObject([{ responseRow: 4 }, { requestRow: 5 }])
  })
})

describe('round trips', () => {
  const halves = (talk: Talk) => {
    const summaries = queries(talk).summaries({}, true)
    return ['rtt client', 'rtt server'].map((name) => summaries.find(({ measure }) => measure === name))
  }

  it('are those of either half of the path', () => {
    expect(halves(connection())).toMatchObject([
      { count: 1, max: { ns: 3 * MS } },
      { count: 1, max: { ns: 20 * MS } },
    ])
  })

  it('do not count what was sent again, as nobody knows which copy was acknowledged', () => {
    const talk = connection().client(GET, { ms: 10 }).client(GET, { at: 0, ms: 300 }).server('', { ms: 1 })
    expect(halves(talk)[1]).toMatchObject({ count: 1, max: { ns: 20 * MS } })
  })

  it('do not count ACKs that the receiver sat on, and say how many', () => {
    const talk = connection().client(GET, { ms: 10 }).server('', { ms: 61 })
    expect(halves(talk)[1]).toMatchObject({ count: 1, delayedAcks: 1 })
    const prompt = connection().client(GET, { ms: 10 }).server('', { ms: 45 })
    expect(halves(prompt)[1]).toMatchObject({ count: 2, delayedAcks: 0 })
  })

  it('do not count ACKs with data, which may have waited for the program, and say how many', () => {
    const talk = connection().client(GET, { ms: 10 }).server(OK, { ms: 120 })
    expect(halves(talk)[1]).toMatchObject({ count: 1, max: { ns: 20 * MS }, withData: 1 })
  })

  it('are a lane over time, by half or both, which says what had to be left out', () => {
    const latency = queries(connection().client(GET, { ms: 10 }).server(OK, { ms: 120 }))
    const lane = (measure: string) => latency.lane(measure, 0, 40 * MS, 2, {})
    expect(lane('rtt server')).toMatchObject({
      samples: Float64Array.of(0, 1),
      p99: Float64Array.of(NaN, 20 * MS),
      max: Float64Array.of(NaN, 20 * MS),
    })
    expect(lane('rtt')).toMatchObject({ samples: Float64Array.of(0, 2), withData: 0 })
    expect(latency.lane('rtt', 0, 200 * MS, 1, {})).toMatchObject({ withData: 1, delayedAcks: 0 })
    expect(latency.lane('http', 0, 200 * MS, 1, {}).max[0]).toBe(120 * MS)
    expect(latency.lane('dns', 0, 200 * MS, 1, {}).samples[0]).toBe(0)
  })
})
