import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Engine, type ExchangeRow } from '../engine/engine.ts'

const SAMPLES = join(import.meta.dirname, '..', 'resources', 'samples')
const FIXTURES = join(import.meta.dirname, 'fixtures', 'captures')

function opened(folder: string, file: string): Engine {
  const engine = new Engine()
  engine.push(readFileSync(join(folder, file)))
  engine.finish()
  return engine
}

const rowsOf = (engine: Engine, protocol: string): ExchangeRow[] =>
  engine.exchangeRows(engine.exchangeOrder('time', false, { protocol }))

/** "GET /a -> 200 [1, 4]", in frame numbers. */
const said = ({ ask, answer, requestRow, responseEndRow }: ExchangeRow): string =>
  `${ask} -> ${answer} [${requestRow + 1}, ${(responseEndRow ?? -1) + 1}]`

// Frames and answers were looked up with tshark 4.0.17.
describe('handshakes of OpenSSL', () => {
  const engine = opened(FIXTURES, 'handshakes.pcap.gz')

  it('are told with their names, versions and alerts', () => {
    expect(rowsOf(engine, 'tls').map(said)).toEqual([
      'ClientHello api.shop.example -> TLS 1.3 [6, 8]',
      'ClientHello old.shop.example -> TLS 1.2 [22, 27]',
      'ClientHello old.shop.example -> TLS 1.2 [36, 38]',
      'ClientHello again.shop.example -> TLS 1.3 [50, 56]',
      'ClientHello refused.shop.example -> alert protocol_version [70, 72]',
      'ClientHello distrusted.shop.example -> alert unknown_ca [80, 82]',
      'ClientHello distrusted.shop.example -> alert unknown_ca [91, 93]',
    ])
    const [{ conversation }] = rowsOf(engine, 'tls')
    const facts = engine.exchanges.facts(conversation).map(({ name, value }) => `${name}: ${value}`)
    expect(facts).toEqual([
      'sni: api.shop.example',
      'alpn offered: h2, http/1.1',
      'tls version: TLS 1.3',
      'cipher: TLS_AES_256_GCM_SHA384',
    ])
  })

  it('are followed by guesses at what was encrypted', () => {
    const guessed = rowsOf(engine, 'tcp')
    expect(guessed.length).toBeGreaterThan(0)
    expect(guessed.every(({ approximate, ask }) => approximate && ask === '')).toBe(true)
  })
})

describe('HTTP requests of Node and curl', () => {
  const engine = opened(FIXTURES, 'handshakes.pcap.gz')

  it('are paired also when they do not wait for each other', () => {
    expect(rowsOf(engine, 'http').map(said)).toEqual([
      'GET /healthz -> 200 [102, 104]',
      'HEAD /items -> 200 [102, 106]',
      'GET /items -> 200 [102, 112]',
      'POST /orders -> 200 [120, 127]',
      'POST /items -> 200 [128, 144]',
    ])
  })

  it('leave no secret in what is answered', () => {
    expect(JSON.stringify(engine.exchangeRows(engine.exchangeOrder('time', false)))).not.toContain('secret')
  })
})

describe('the samples', () => {
  it('charge five seconds to the DNS query that got no answer at first', () => {
    const slow = rowsOf(opened(SAMPLES, 'dns-5s.pcap'), 'dns').filter(({ totalNs }) => totalNs > 4e9)
    expect(slow.map(({ ask, outcome }) => `${ask}: ${outcome}`).sort()).toEqual([
      'AAAA orders.shop.svc.cluster.local: answered',
      'AAAA orders.shop.svc.cluster.local: answered',
      'AAAA orders.shop.svc.cluster.local: unanswered',
      'AAAA prices.shop.svc.cluster.local: answered',
      'AAAA prices.shop.svc.cluster.local: answered',
      'AAAA prices.shop.svc.cluster.local: unanswered',
    ])
    for (const { outcome, totalNs, stallNs, serverNs } of slow) {
      // Longer nobody waits, however long the capture goes on.
      if (outcome === 'unanswered') expect(totalNs).toBe(5e9)
      if (outcome !== 'answered') continue
      expect(stallNs).toBeGreaterThan(4.9e9)
      expect(serverNs).toBeLessThan(20e6)
    }
  })

  it('lose the p99 of DNS among what was never answered', () => {
    const [dns] = opened(SAMPLES, 'dns-5s.pcap')
      .latencySummaries()
      .filter(({ measure }) => measure === 'dns')
    expect(dns).toMatchObject({ count: 102, unanswered: 2 })
    expect(dns.p50.beyond).toBe(false)
    expect(dns.p99.beyond).toBe(true)
  })

  it('charge the loss episode to stalls, not to the server', () => {
    const engine = opened(SAMPLES, 'loss-episode.pcapng')
    const [worst] = engine.exchangeRows(engine.exchangeOrder('stallNs', true).subarray(0, 1))
    expect(worst.stallNs).toBeGreaterThan(500e6)
    expect(worst.serverNs).toBeLessThan(50e6)
    const clean = rowsOf(engine, 'http').filter(({ stallNs }) => stallNs === 0)
    expect(clean.length).toBeGreaterThan(400)
  })

  it('say where the time went in parts that make up the whole', () => {
    for (const file of ['clean.pcapng.gz', 'loss-episode.pcapng', 'mtu-blackhole.pcap.gz', 'dns-5s.pcap']) {
      const engine = opened(SAMPLES, file)
      for (const row of engine.exchangeRows(engine.exchangeOrder('time', false))) {
        if (row.responseRow === undefined) continue
        const parts = [row.networkNs ?? 0, row.serverNs ?? NaN, row.transferNs ?? NaN, row.stallNs ?? NaN]
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0)
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(row.totalNs, 0)
      }
    }
  })

  it('show the same samples in the map, in the summary, and behind the cells', () => {
    const engine = opened(SAMPLES, 'loss-episode.pcapng')
    const { firstTime, lastTime } = engine.facts()
    for (const { measure, count } of engine.latencySummaries()) {
      const map = engine.latencyMap(measure, firstTime, lastTime + 1, 37)
      const inCells = [...map.counts, ...map.unanswered].reduce((sum, n) => sum + n, 0)
      expect(inCells).toBe(count)
      expect(map.samples.reduce((sum, n) => sum + n, 0)).toBe(count)
      if (measure !== 'http') continue
      const width = (map.to - map.from) / map.columns
      for (let column = 0; column < map.columns; column++) {
        for (let row = 0; row < map.rows; row++) {
          const [from, to] = [map.from + column * width, map.from + (column + 1) * width]
          const [low, high] = [map.edges[row], map.edges[row + 1]]
          const { exchanges } = engine.latencyEvidence({ measure, from, to, low, high })
          const cell = column * map.rows + row
          expect(exchanges.length).toBe(map.counts[cell] + map.unanswered[cell])
        }
      }
    }
  })

  it('let a filter choose the exchanges that its packets belong to', async () => {
    const engine = opened(SAMPLES, 'loss-episode.pcapng')
    const bytes = readFileSync(join(SAMPLES, 'loss-episode.pcapng'))
    const rows = await engine.select({ filter: 'tcp.analysis.retransmission' }, async (at, length) =>
      bytes.subarray(at, at + length),
    )
    const scope = rows ? { rows } : {}
    const hit = engine.exchangeRows(engine.exchangeOrder('totalNs', true, scope))
    expect(hit.length).toBeGreaterThan(5)
    expect(hit.length).toBeLessThan(60)
    expect(hit.filter(({ stallNs }) => (stallNs ?? 0) > 0).length).toBeGreaterThan(hit.length / 2)
  })
})
