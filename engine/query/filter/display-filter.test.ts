import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFilter, compileFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'
import { OUTCOME } from './outcome.ts'
import { displayFilter } from '../testing/filters.ts'
import { MIXED_FRAMES, mixedCapture } from '../testing/mixed-capture.ts'
import { TestCapture } from '../testing/test-capture.ts'
import { TSHARK_ANSWERS } from '../testing/tshark-answers.ts'

const catalog = fieldCatalog()
const capture = mixedCapture()
const { rows } = capture.packets

/** Frame numbers that match, by reading every packet. */
function matching(filter: string): number[] {
  const compiled = compileFilter(filter, catalog, capture)
  const numbers: number[] = []
  for (let row = 0; row < rows; row++) {
    if (!compiled || compiled.matches(row, capture.frames[row].bytes, 0, capture.frames[row].bytes.length))
      numbers.push(row + 1)
  }
  return numbers
}

function outcomes(filter: string): Uint8Array {
  const out = new Uint8Array(rows + 8)
  const chunk = capture.packets.chunk(0)
  compileFilter(filter, catalog, capture)?.columns({ chunk, firstRow: 0, from: 0, to: rows }, out)
  return out.subarray(0, rows)
}

/** "1-3 7" */
function numbers(text: string): number[] {
  return text
    .split(' ')
    .filter(Boolean)
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}

function refusal(filter: string) {
  const check = checkFilter(filter, catalog)
  if (check.ok) throw new Error(`${filter} was accepted`)
  return check
}

describe('a display filter', { timeout: 60_000 }, () => {
  it.each(TSHARK_ANSWERS)('%s matches what it matches in tshark', (filter, expected) => {
    expect(matching(filter)).toEqual(numbers(expected))
  })

  it.each(TSHARK_ANSWERS)('%s is never answered otherwise by the columns than by the bytes', (filter) => {
    const matches = new Set(matching(filter))
    for (const [row, outcome] of outcomes(filter).entries()) {
      if (outcome !== OUTCOME.unknown) expect([row, outcome === OUTCOME.true]).toEqual([row, matches.has(row + 1)])
    }
  })

  it('is answered alike by columns and bytes also for damaged packets', () => {
    const change = fc.record({
      frame: fc.nat({ max: MIXED_FRAMES.length - 1 }),
      at: fc.nat({ max: 120 }),
      byte: fc.nat({ max: 255 }),
      cut: fc.nat({ max: 200 }),
    })
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 25 }),
        fc.array(displayFilter, { minLength: 3, maxLength: 6 }),
        (changes, filters) => {
          const damaged = new TestCapture()
          for (const [n, [time, bytes, options]] of MIXED_FRAMES.entries()) {
            let frame = bytes.slice()
            for (const { frame: which, at, byte, cut } of changes) {
              if (which !== n) continue
              if (at < frame.length) frame[at] = byte
              if (cut < 60) frame = frame.slice(0, cut)
            }
            damaged.add(time, frame, { length: bytes.length, ...options })
          }
          for (const filter of filters) {
            const compiled = compileFilter(filter, catalog, damaged)
            const out = new Uint8Array(rows + 4)
            compiled?.columns({ chunk: damaged.packets.chunk(0), firstRow: 0, from: 0, to: rows }, out)
            for (const [row, { bytes }] of damaged.frames.entries()) {
              const matches = compiled?.matches(row, bytes, 0, bytes.length)
              if (out[row] !== OUTCOME.unknown)
                expect([filter, row, out[row] === OUTCOME.true]).toEqual([filter, row, matches])
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('leaves to the bytes only packets whose outer or quoted headers could decide', () => {
    const unknown = (filter: string) =>
      Array.from(outcomes(filter).keys()).filter((i) => outcomes(filter)[i] === OUTCOME.unknown)
    // VXLAN and IP in IP, and the ICMP errors; where the innermost address matches already, nothing is left to ask.
    expect(unknown('ip.addr == 192.168.7.1').map((row) => row + 1)).toEqual([17, 18, 19, 20, 21, 22, 23])
    expect(unknown('ip.addr == 10.42.0.5').map((row) => row + 1)).toEqual([21, 22, 23])
    // Quoted, and cut before the flags.
    expect(unknown('tcp.flags.syn == 1').map((row) => row + 1)).toEqual([22, 28])
    expect(unknown('tcp.analysis.retransmission || frame.len > 100 || hopscope.verdict')).toEqual([])
    expect(unknown('ip.checksum == 0 && tcp.flags.syn == 1').map((row) => row + 1)).toEqual([1, 2, 17, 18, 21, 22, 28])
    // Tunnels and what is quoted have no head.
    for (const filter of ['ip.ttl == 64', 'ip.id >= 0'])
      expect(unknown(`${filter} && tcp.flags.syn == 1`).map((row) => row + 1)).toEqual([17, 18, 21, 22, 28])
  })

  it('knows the verdicts and the state of connections', () => {
    expect(matching('hopscope.verdict')).toEqual([5])
    expect(matching('hopscope.state == "refused"')).toEqual([14, 15])
    expect(matching('hopscope.reset_cause == "refused"')).toEqual([14, 15])
    expect(matching('hopscope.lost > 200ms')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(matching('hopscope.from_initiator == 0 and tcp')).toEqual([2, 6, 7, 10, 15, 18])
  })

  it('takes times with units, and words in capitals', () => {
    expect(matching('frame.time_delta > 100ms')).toEqual(matching('frame.time_delta > 0.1'))
    expect(matching('frame.time_delta == 1000us')).toEqual(matching('frame.time_delta == 0.001'))
    expect(matching('tcp AND NOT tcp.port EQ 80')).toEqual(matching('tcp and not tcp.port == 80'))
    expect(matching('tcp.port in {80 443}')).toEqual(matching('tcp.port in {80, 443}'))
  })

  it('looks into what the list says of packets', () => {
    expect(matching('_ws.col.info contains "[SYN]"')).toEqual(matching('tcp.flags.syn == 1 && tcp.flags.ack == 0'))
    expect(matching('_ws.col.Protocol == "UDP"').length).toBeGreaterThan(0)
  })

  it('takes the names that Wireshark once had', () => {
    expect(matching('ssl')).toEqual(matching('tls'))
    expect(checkFilter('ssl.handshake.type == 1 or pkt_comment', catalog).ok).toBe(true)
  })

  it('matches every packet when it is empty', () => {
    expect(checkFilter('', catalog)).toEqual({ ok: true, needsBytes: false })
    expect(checkFilter(' \t', catalog)).toEqual({ ok: true, needsBytes: false })
    expect(matching('')).toHaveLength(rows)
  })

  it.each([
    ['tcp.port == 80', false],
    ['tcp.analysis.retransmission && ip.addr == 10.0.0.1', false],
    ['tcp && !udp', false],
    ['ip.ttl == 3', false],
    ['ip.id == 3', false],
    ['ip.checksum == 3', true],
    ['tcp && ip.checksum == 3', true],
    ['frame contains "x"', true],
    ['_ws.col.info contains "x"', true],
    ['ip.src#2 == 10.0.0.1', true],
  ])('%s needs bytes: %s', (filter, needsBytes) => {
    expect(checkFilter(filter, catalog)).toEqual({ ok: true, needsBytes })
  })

  it('remarks that a flag alone asks for its presence, not its value', () => {
    const check = checkFilter('ip && tcp.flags.syn', catalog)
    expect(check).toMatchObject({ ok: true, note: { from: 6, to: 19 } })
    expect(check.ok && check.note?.message).toContain('tcp.flags.syn == 1')
  })

  it('remarks that "&" joins no conditions', () => {
    const check = checkFilter('tcp.len > 0 & tcp.flags.push == 1', catalog)
    expect(check.ok && check.note?.message).toBe('"&" calculates with bits. To join conditions write "&&".')
    expect(checkFilter('tcp.flags & 2', catalog)).not.toHaveProperty('note')
  })

  it.each([
    ['tcp.port in {443, 90..80}', '90..80'],
    ['ip.addr in {10.0.0.9..10.0.0.1}', '10.0.0.9..10.0.0.1'],
    ['ipv6.addr in {fe80::2..fe80::1}', 'fe80::2..fe80::1'],
    ['eth.src in {00:00:00:00:00:02..00:00:00:00:00:01}', '00:00:00:00:00:02..00:00:00:00:00:01'],
    ['frame.time_relative not in {2.5..1}', '2.5..1'],
    ['dns.qry.name in {"b".."a"}', '"b".."a"'],
  ])('%s: remarks that nothing is in %s', (filter, range) => {
    const from = filter.indexOf(range)
    const check = checkFilter(filter, catalog)
    expect(check).toMatchObject({ ok: true, note: { from, to: from + range.length } })
    expect(check.ok && check.note?.message).toContain('ends before it begins')
  })

  it.each([
    'tcp.port in {80..80}',
    'ip.addr in {10.0.0.0/8..10.0.0.0/8}',
    'ipv6.addr in {fe80::/10..fe80::1}',
    'frame in {"a".."b"}',
  ])('%s: remarks nothing', (filter) => expect(checkFilter(filter, catalog)).not.toHaveProperty('note'))
})

describe('what is wrong with a filter', { timeout: 60_000 }, () => {
  it.each([
    ['tcp.prot == 80', 'tcp.prot is not a field; did you mean tcp.port?', 'tcp.prot'],
    ['ip.adr == 1.2.3.4', 'ip.adr is not a field; did you mean ip.addr?', 'ip.adr'],
    ['frame.time_delta_displayed > 1', 'did you mean frame.time_delta?', 'frame.time_delta_displayed'],
    ['quic.version', 'quic is not read here. By where it usually is: udp.port == 443', 'quic.version'],
    ['tcp.completeness == 31', 'of tcp there are tcp.srcport', 'tcp.completeness'],
    ['mysql.query contains "x"', 'of mysql only its presence is known: mysql', 'mysql.query'],
    ['host 10.0.0.2', 'As a display filter: ip.addr == 10.0.0.2', 'host 10.0.0.2'],
    ['tcp src port 80', 'capture filter. As a display filter: tcp.srcport == 80', 'tcp src port 80'],
    ['net fe80::/10', 'As a display filter: ipv6.addr == fe80::/10', 'net fe80::/10'],
    ['portrange 80-90', 'tcp.port in {80..90} or udp.port in {80..90}', 'portrange 80-90'],
    [
      'host 10.0.0.2 and not port 22',
      'As a display filter: ip.addr == 10.0.0.2 and not (tcp.port == 22 or udp.port == 22)',
      'host 10.0.0.2 and not port 22',
    ],
    ['ip6 && tcp dst port 80', 'As a display filter: ipv6 and tcp.dstport == 80', 'ip6 && tcp dst port 80'],
    ['udp or tcp port 80', 'As a display filter: udp or tcp.port == 80', 'udp or tcp port 80'],
    ['!host 10.0.0.2', 'As a display filter: not (ip.addr == 10.0.0.2)', '!host 10.0.0.2'],
    // Which tcpdump takes for (port 80 or tcp) and udp.
    ['port 80 or tcp and udp', 'was not expected here', '80'],
    ['port 80 and shop', 'was not expected here', '80'],
    ['tcp[tcpflags] & 2', 'Here flags are fields: tcp.flags.syn == 1.', '[tcpflags]'],
    ['TCP', 'did you mean tcp?', 'TCP'],
    ['dns.rcode == 3', 'did you mean dns.flags.rcode?', 'dns.rcode'],
    ['tcp.tsval > 4', 'did you mean tcp.options.timestamp.tsval?', 'tcp.tsval'],
    ['http.status == 500', 'did you mean http.response.code?', 'http.status'],
    ['tls.sni == "x"', 'did you mean tls.handshake.extensions_server_name?', 'tls.sni'],
    ['tcp.analysis.retransmision', 'did you mean tcp.analysis.retransmission?', 'tcp.analysis.retransmision'],
    ['qqqqqqqqqq', 'qqqqqqqqqq is not a field. To find it in packets: frame contains "qqqqqqqqqq"', 'qqqqqqqqqq'],
    ['ip.addr == abc', 'ip.addr takes an address such as 10.0.0.1 or 10.0.0.0/8, not "abc".', 'abc'],
    ['ip.addr == "10.0.0.1"', 'not "10.0.0.1"; leave the quotes out.', '"10.0.0.1"'],
    ['ip.addr == "shop"', 'not "shop".', '"shop"'],
    ['ip.addr == 10.0.0', 'takes an address', '10.0.0'],
    ['ip.addr == 10.0.0.256', 'takes an address', '10.0.0.256'],
    ['ip.addr == 10.0.0.0/33', '0 to 32 bits', '10.0.0.0/33'],
    ['ip.addr == fe80::1', 'for this kind of address there is ipv6.addr', 'fe80::1'],
    ['ipv6.src == 10.0.0.1', 'for this kind of address there is ip.src', '10.0.0.1'],
    ['ipv6.addr == fe80:::1', 'takes an address', 'fe80:::1'],
    ['tcp.port == abc', 'tcp.port takes a number, not "abc".', 'abc'],
    ['tcp.port == "80"', 'takes a number', '"80"'],
    ['tcp.port == 80-90', 'not "80-90"; a range stands in a set: in {80..90}.', '80-90'],
    ['tcp.port == -1', '-1 is too small for tcp.port: at least 0.', '-1'],
    ['http.response.code == 5xx', 'all of these are in {500..599}.', '5xx'],
    ['tcp.flags == RST', 'a flag is a field: tcp.flags.reset == 1.', 'RST'],
    ['tcp.port == 80 or 443', '443 alone asks nothing. For one of several values: tcp.port in {80, 443}', '443'],
    ['udp or tcp.port == 1 || 2 || 3 || tcp', 'For one of several values: tcp.port in {1, 2, 3}', '2'],
    ['tcp or 443', '443 alone asks nothing: compare it with a field.', '443'],
    ['tcp.port == 80,443', 'stand in a set: tcp.port in {80, 443, 8000..8010}.', ','],
    ['frame.number == 1..9', 'or a range, stand in a set', '..'],
    ['10.0.0.1', '10.0.0.1 alone asks nothing: write ip.addr == 10.0.0.1', '10.0.0.1'],
    ['10.0.0.0/8 and tcp', 'write ip.addr == 10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.1:80', 'write ip.addr == 10.0.0.1 and tcp.port == 80', '10.0.0.1:80'],
    ['fe80::1', 'write ipv6.addr == fe80::1', 'fe80::1'],
    ['tcp.port == 70000', '70000 is too large for tcp.port: at most 65535.', '70000'],
    ['eth.addr == 00:11', 'hardware address', '00:11'],
    ['frame.time_relative > soon', 'seconds', 'soon'],
    ['tcp.flags.syn == maybe', 'true or false', 'maybe'],
    ['tcp == 80', 'tcp is a protocol. Compare one of its fields, for example tcp.port.', 'tcp'],
    ['tcp.analysis.retransmission == 1', 'has no value to compare', '1'],
    ['ip.src == tcp.port', 'can not be compared', 'ip.src == tcp.port'],
    ['ip.ttl contains 1', '"contains" looks into text and bytes', 'ip.ttl'],
    ['ip.ttl matches "1"', '"matches" looks into text and bytes', 'ip.ttl'],
    ['tcp matches get', 'a regular expression in quotes', 'get'],
    ['tcp matches "a(b"', 'The regular expression is not right', '(b"'],
    ['tcp contains 47', 'could be a byte or text', '47'],
    ['tcp contains "\\q"', '\\q means nothing in a string', '\\q'],
    ['tcp.port[0] == 1', 'only bytes and text can be sliced', 'tcp.port[0]'],
    ['len(tcp.port) > 1', 'len() takes text or bytes', 'tcp.port'],
    ['leng(tcp.payload) > 1', 'There is no function leng(); did you mean len()?', 'leng(tcp.payload)'],
    ['80 == 80', 'Two values are compared', '80 == 80'],
    ['80', 'alone asks nothing', '80'],
    ['tcp.port ==', 'Something is missing after "==".', '=='],
    ['tcp and', 'Something is missing after "and".', 'and'],
    ['tcp tcp', 'was not expected here', 'tcp'],
    ['(tcp', '")" is missing', '('],
    ['tcp)', 'closes nothing', ')'],
    ['()', 'a field or a value was', ')'],
    ['tcp.port = 80', '"=" is not an operator', '='],
    ['tcp.port => 80', '"=>" is not an operator. Write ">=".', '=>'],
    ['tcp.port =< 80', '"=<" is not an operator. Write "<=".', '=<'],
    ['http.host == “shop”', '“ is a typographic quote. Write ", as in', '“'],
    ['tcp and ${private}', 'Macros ($name) are not known here', '${private}'],
    ['tcp.port <> 80', 'Write "!="', '>'],
    ['tcp | udp', 'Write "||" or "or"', '|'],
    ['tcp.port in 80', 'comes a set', '80'],
    ['tcp.port in {}', 'The set is empty', '{}'],
    ['tcp.port in {80', '"}" is missing', '{'],
    ['ip.src#0 == 1.1.1.1', 'number of a layer', '0'],
    ['frame.number#1 == 1', 'does not belong to a layer', 'frame.number#1'],
    ['eth.src[0:0] == 1', 'length of 1 or more', '[0:0]'],
    ['eth.src[a] == 1', 'A slice is', '[a]'],
    ['tcp contains "abc', 'closing quote is missing', '"abc'],
    ["tcp.port == 'ab'", 'exactly one character', "'ab'"],
    ['(tcp.port) == 80', 'A condition in parentheses has no value', '=='],
    ['all tcp', 'comes a comparison', 'all tcp'],
    ['tcp.port == 80 § tcp', 'has no meaning here', '§'],
  ])('%s', (filter, message, part) => {
    const { message: said, from, to } = refusal(filter)
    expect(said).toContain(message)
    expect(filter.slice(from, to)).toBe(part)
  })

  it('is that it is nested too deeply or too long, before the stack or the time runs out', () => {
    expect(refusal('('.repeat(10_000) + 'tcp' + ')'.repeat(10_000)).message).toContain('nested too deeply')
    expect(refusal('string('.repeat(10_000) + 'tcp.port' + ')'.repeat(10_000)).message).toContain('nested too deeply')
    expect(refusal(`tcp.len ${'- '.repeat(5_000)}1 > 0`).message).toContain('nested too deeply')
    expect(refusal(`tcp.len${' + 1'.repeat(5_000)} > 0`).message).toContain('too long')
    expect(refusal('tcp and '.repeat(20_000) + 'tcp').message).toContain('too long')
    expect(checkFilter('!'.repeat(10_000) + 'tcp', catalog).ok).toBe(true)
    expect(checkFilter('tcp or '.repeat(10_000) + 'tcp', catalog).ok).toBe(true)
  })

  it('is said without an exception whatever is typed, about a part of the text', () => {
    const words = [...catalog.keys()].filter((_, i) => i % 7 === 0)
    const piece = fc.oneof(
      fc.constantFrom(...words, 'tcp', 'ip.addr', 'tcp.port', 'frame.time', 'frame.number', 'tcp.payload', 'eth.src'),
      fc.constantFrom(
        '==',
        '!=',
        '===',
        '!==',
        '~=',
        '<',
        '>=',
        'contains',
        'matches',
        '~',
        'in',
        'not',
        'and',
        '||',
        '^^',
        'xor',
      ),
      fc.constantFrom(
        '(',
        ')',
        '{',
        '}',
        '[0:4]',
        '[-1]',
        ',',
        '..',
        '#1',
        '&',
        '+',
        '-',
        '*',
        '/',
        '%',
        '!',
        'any',
        'all',
      ),
      fc.constantFrom(
        '80',
        '0x1f',
        '-1',
        '1.5',
        '10.0.0.1',
        '10.0.0.0/8',
        'fe80::/10',
        'aa:bb',
        '"text"',
        "'c'",
        'r"a+"',
        '"\\xff"',
      ),
      fc.constantFrom('len(', 'count(', 'lower(', 'max(', 'string('),
      fc.string({ maxLength: 5 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(' '))
    fc.assert(
      fc.property(text, (filter) => {
        const check = checkFilter(filter, catalog)
        if (check.ok) {
          // What is accepted also runs, and the columns contradict no packet.
          const found = outcomes(filter)
          const matches = new Set(matching(filter))
          for (const [row, outcome] of found.entries()) {
            if (filter.trim() !== '' && outcome !== OUTCOME.unknown) {
              expect([filter, row, outcome === OUTCOME.true]).toEqual([filter, row, matches.has(row + 1)])
            }
          }
        } else {
          expect(check.message).not.toBe('')
          expect(check.from).toBeGreaterThanOrEqual(0)
          expect(check.to).toBeGreaterThanOrEqual(check.from)
          expect(check.to).toBeLessThanOrEqual(filter.length)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
