import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Engine, type ExchangeRow } from '../engine/engine.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures', 'captures')

interface Opened {
  readonly engine: Engine
  /** Exchanges that a protocol told; guesses are left out. */
  readonly rows: readonly ExchangeRow[]
}

function opened(file: string): Opened {
  const engine = new Engine()
  engine.push(readFileSync(join(FIXTURES, file)))
  engine.finish()
  const rows = engine.exchangeRows(engine.exchangeOrder('time', false)).filter(({ approximate }) => !approximate)
  return { engine, rows }
}

/** "GET /a -> 200 [1, 4]", in frame numbers; without the second where nothing came. */
const said = ({ ask, answer, requestRow, responseEndRow }: ExchangeRow): string =>
  `${ask} -> ${answer} [${[requestRow, ...(responseEndRow === undefined ? [] : [responseEndRow])].map((row) => row + 1).join(', ')}]`

/** The exchanges of the connection that is the capture's nth, from 0, as tshark numbers them (tcp.stream). */
const connection = ({ rows }: Opened, nth: number): ExchangeRow[] =>
  rows.filter(({ conversation }) => conversation === nth)

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

const facts = ({ engine }: Opened, nth: number): string[] =>
  engine.exchanges.facts(nth).map(({ name, value }) => `${name}: ${value}`)

// Numbers, frames and statuses were looked up with tshark 4.6.9; where it differs, that is said.

describe('HTTP/2 of Node, nginx, nghttp2 and curl', () => {
  const capture = opened('http2.pcap.gz')

  it('is an exchange a stream', () => {
    // http2.headers.method and .status by tcp.stream; http2.rst_stream.error 7 and 8 in the last.
    expect(tally(capture.rows.map(({ conversation, protocol }) => `${conversation} ${protocol}`))).toEqual({
      ...{ '0 http2': 4, '1 http2': 1, '2 http2': 3, '3 http2': 1, '4 http2': 2, '5 http2': 1, '6 http': 2 },
      ...{ '7 http2': 24, '8 http2': 5 },
    })
    expect(connection(capture, 2).map(said)).toEqual([
      expect.stringMatching(/^GET \/items -> 200 /),
      expect.stringMatching(/^GET \/moved -> 302 /),
      expect.stringMatching(/^GET \/missing -> 404 /),
    ])
    expect(tally(connection(capture, 7).map(({ answer }) => answer))).toEqual({ 200: 24 })
    expect(tally(connection(capture, 8).map(({ ask, answer }) => `${ask} -> ${answer}`))).toEqual({
      'POST /orders -> 201': 1,
      'GET /slow -> RST_STREAM CANCEL': 1,
      'GET /refused -> RST_STREAM REFUSED_STREAM': 1,
      'GET /items -> 200': 2,
    })
  })

  it('is understood on a connection older than the capture', () => {
    expect(connection(capture, 0).map(({ ask, answer }) => `${ask} -> ${answer}`)).toEqual([
      'GET /items -> 200',
      'GET /orders/7 -> 200',
      'GET /missing -> 404',
      'GET /items -> 200',
    ])
  })

  it('answers the request of HTTP/1.1 that upgraded to it as stream 1', () => {
    expect([3, 4, 5].flatMap((nth) => connection(capture, nth).map(said))).toEqual([
      'GET /items -> 200 [71, 77]',
      'GET /upgraded -> 200 [85, 91]',
      'GET /items -> 200 [89, 91]',
      'POST /orders -> 201 [100, 108]',
    ])
  })

  it('is not made of an upgrade that the server ignores', () => {
    expect(connection(capture, 6).map(said)).toEqual(['GET /items -> 200 [116, 118]', 'GET /healthz -> 200 [120, 121]'])
  })
})

describe('gRPC', () => {
  const capture = opened('grpc.pcap.gz')

  it('tells calls of every kind by their status', () => {
    // grpc-status of the streams 1 to 23, at these frames; stream 21 was cancelled by its caller.
    expect(connection(capture, 1).map(said)).toEqual([
      '/shop.Orders/Get -> 0 OK [75, 80]',
      '/shop.Orders/List -> 0 OK [75, 88]',
      '/shop.Orders/Get -> 0 OK [89, 97]',
      '/shop.Orders/Get -> 0 OK [89, 97]',
      '/shop.Orders/Get -> 0 OK [89, 97]',
      '/shop.Orders/List -> 0 OK [98, 121]',
      '/shop.Orders/Chat -> 0 OK [98, 118]',
      '/shop.Orders/Get -> 0 OK [98, 107]',
      '/shop.Orders/Fail -> 9 FAILED_PRECONDITION [122, 126]',
      '/shop.Orders/NoSuch -> 12 UNIMPLEMENTED [122, 125]',
      '/shop.Orders/Wait -> RST_STREAM CANCEL [122]',
      '/shop.Orders/Get -> 0 OK [129, 138]',
    ])
    expect(connection(capture, 1).every(({ protocol }) => protocol === 'grpc')).toBe(true)
  })

  it('is plain HTTP/2 where the header table began before the capture', () => {
    const old = connection(capture, 0)
    expect(old).toHaveLength(10)
    expect(new Set(old.map(({ protocol }) => protocol))).toEqual(new Set(['http2']))
    expect(old[0].ask).toBe('POST /shop.Orders/Get')
  })
})

describe('Redis', () => {
  const capture = opened('redis.pcap.gz')

  it('is an exchange a command, one at a time or many at once', () => {
    // Arrays from the client by tcp.stream (resp.array_length).
    const counts = tally(capture.rows.map(({ conversation }) => `${conversation}`))
    expect(counts).toEqual({ 0: 5, 1: 13, 2: 3, 3: 2, 4: 2, 5: 2, 6: 3, 7: 65, 8: 65 })
    expect(capture.rows.every(({ protocol, outcome }) => protocol === 'redis' && outcome !== 'unanswered')).toBe(true)
  })

  it('pairs twelve commands of one packet with twelve replies of another', () => {
    expect(connection(capture, 1).map(said)).toEqual([
      'AUTH -> OK [22, 24]',
      'SET order:7 -> OK [22, 24]',
      ...Array.from({ length: 3 }, () => 'LPUSH queue -> integer [22, 24]'),
      'GET order:7 -> string [22, 24]',
      'MGET order:7 -> array [22, 24]',
      'INCR queue -> WRONGTYPE [22, 24]',
      'MULTI -> OK [22, 24]',
      'SET order:8 -> QUEUED [22, 24]',
      'GET order:8 -> QUEUED [22, 24]',
      'EXEC -> array [22, 24]',
      'QUIT -> OK [26, 27]',
    ])
  })

  it('is understood on a connection older than the capture, and does not take a message for a reply', () => {
    expect(connection(capture, 0).map(({ ask, answer }) => `${ask} -> ${answer}`)).toEqual([
      'GET greeting -> string',
      'HSET cart:1 -> integer',
      'HGETALL cart:1 -> array',
      'INCR greeting -> ERR',
      'DEL greeting -> integer',
    ])
    expect(connection(capture, 4).map(({ ask, answer }) => `${ask} -> ${answer}`)).toEqual([
      'AUTH -> OK',
      'SUBSCRIBE orders -> array',
    ])
  })
})

describe('PostgreSQL', () => {
  const capture = opened('postgresql.pcap.gz')

  it('is an exchange a Query, a Sync or a beginning', () => {
    // pgsql.type: 12 simple queries, 12 Syncs, 11 startup messages, 2 SSL requests, 1 cancel request, 12 terminations.
    const rows = capture.rows.filter(({ protocol }) => protocol === 'pgsql')
    expect(rows).toHaveLength(12 + 12 + 11 + 2 + 1 + 12)
    expect(rows.filter(({ outcome }) => outcome === 'one-way')).toHaveLength(1 + 12)
    // 35 times ReadyForQuery, and two bytes that answer SSLRequest.
    expect(rows.filter(({ outcome }) => outcome === 'answered' || outcome === 'failed')).toHaveLength(35 + 2)
    expect(rows.filter(({ outcome }) => outcome === 'failed').map(({ answer }) => answer)).toEqual([
      ...['42P01', '22012', '57014'],
    ])
  })

  it('is understood on a connection older than the capture', () => {
    expect(connection(capture, 0).map(said)).toEqual([
      'SELECT orders -> SELECT 40 [1, 2]',
      'SELECT nowhere -> 42P01 [4, 7]',
      'BEGIN -> BEGIN [9, 10]',
      'UPDATE orders -> UPDATE 1 [12, 13]',
      'COMMIT -> COMMIT [15, 16]',
      'Terminate ->  [18]',
    ])
  })

  it('names prepared statements when they are executed, and pipelines by what is in them', () => {
    expect(connection(capture, 4).slice(1, 7).map(said)).toEqual([
      'BEGIN -> ParseComplete [88, 89]',
      'UPDATE orders -> ParseComplete [90, 91]',
      'SELECT orders -> ParseComplete [92, 93]',
      'END -> ParseComplete [94, 95]',
      'BEGIN; UPDATE orders; SELECT orders; … -> COMMIT [96, 97]',
      'BEGIN; UPDATE orders; SELECT orders; … -> COMMIT [98, 99]',
    ])
    // The server passes over the rest of the pipeline once a statement failed.
    expect(connection(capture, 8)[1]).toMatchObject({ answer: '22012', outcome: 'failed' })
  })

  it('goes on in TLS when that is accepted, and in clear when it is refused', () => {
    // tls.handshake.type 1 at 212; the second hello at 214 is of the same handshake.
    expect(connection(capture, 11).map((row) => `${row.protocol} ${said(row)}`)).toEqual([
      'pgsql SSLRequest -> accepted [208, 210]',
      'tls ClientHello -> TLS 1.3 [212, 215]',
    ])
    expect(facts(capture, 11)).toEqual(
      expect.arrayContaining(['encryption: TLS', 'hello retry: requested', 'tls version: TLS 1.3']),
    )
    expect(connection(capture, 13).map(said)).toEqual([
      'SSLRequest -> refused [253, 255]',
      'StartupMessage -> AuthenticationOk [257, 262]',
      'SELECT orders -> SELECT 1 [263, 264]',
      'Terminate ->  [265]',
    ])
  })
})

describe('MySQL', () => {
  const capture = opened('mysql.pcap.gz')

  it('is an exchange a command or a login', () => {
    // mysql.command has two more, on the compressed connection, whose commands are out of sight to us.
    const rows = capture.rows.filter(({ protocol }) => protocol === 'mysql')
    expect(tally(rows.map(({ ask }) => /^(login|SSLRequest|PREPARE|COM_\w+)/.exec(ask)?.[0] ?? 'statement'))).toEqual({
      login: 5,
      SSLRequest: 1,
      PREPARE: 3,
      COM_STMT_RESET: 1,
      COM_STMT_CLOSE: 2,
      COM_QUIT: 4,
      // 10 COM_QUERY and 8 COM_STMT_EXECUTE.
      statement: 10 + 8,
    })
    expect(rows.filter(({ outcome }) => outcome === 'failed').map(({ answer }) => answer)).toEqual([
      ...['1146 (42S02)', '1062 (23000)', '1146 (42S02)', '1045 (28000)'],
    ])
  })

  it('is understood on a connection older than the capture', () => {
    expect(connection(capture, 0).map(said)).toEqual([
      'SELECT orders -> OK [1, 2]',
      'SELECT nowhere -> 1146 (42S02) [4, 5]',
      'UPDATE orders -> OK [7, 8]',
      'COM_QUIT ->  [10]',
    ])
  })

  it('ends several statements of one command with the last of their results', () => {
    expect(connection(capture, 2)[1]).toMatchObject({ requestRow: 37, responseRow: 38, responseEndRow: 41 })
  })

  it('goes on in TLS behind SSLRequest', () => {
    expect(connection(capture, 5).map((row) => `${row.protocol} ${said(row)}`)).toEqual([
      'mysql SSLRequest ->  [111]',
      'tls ClientHello -> TLS 1.3 [113, 116]',
    ])
    expect(facts(capture, 5)).toEqual(expect.arrayContaining(['encryption: TLS', 'tls version: TLS 1.3']))
  })
})

it.each(['http2', 'grpc', 'redis', 'postgresql', 'mysql'])('no secret of %s is in what is told', (name) => {
  const { engine, rows } = opened(`${name}.pcap.gz`)
  const conversations = new Set(rows.map(({ conversation }) => conversation))
  const told = JSON.stringify([rows, [...conversations].map((each) => engine.exchanges.facts(each))])
  expect(told).not.toContain('secret')
})

describe('the filter that names a protocol', () => {
  // tshark 4.0.17 has 72, 134 and 69: without the segments in which a message only goes on.
  it.each([
    ['mysql.pcap.gz', 'mysql', 83],
    ['postgresql.pcap.gz', 'pgsql', 152],
    ['redis.pcap.gz', 'resp', 69],
  ])('finds what is said in %s', async (file, filter, count) => {
    const { engine } = opened(file)
    const rows = await engine.select({ filter }, () => Promise.reject(new Error('No byte is read.')))
    expect(rows).toHaveLength(count)
  })
})
