import fc from 'fast-check'

const address = fc.constantFrom('10.244.1.7', '10.244.2.9', '192.168.7.1', '10.42.0.5', '10.244.0.0/16', '10.0.0.0/8')
const address6 = fc.constantFrom('fd00::7', 'fd00::9', 'fd00::/64', 'fe80::/10')
const port = fc.constantFrom('80', '43210', '443', '53', '8080', '4789', '1111', '0x50')
const number = fc.oneof(fc.integer({ min: 0, max: 120 }).map(String), fc.constantFrom('-1', '1000001', '32768', '0x12'))
const seconds = fc.constantFrom('0', '0.001', '0.25', '0.35', '2', '250ms')
const relation = fc.constantFrom('==', '!=', '===', '!==', '<', '<=', '>', '>=', 'any_ne', 'all_eq', '~=')

const compare = (fields: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('', '', 'any ', 'all '), fc.constantFrom(...fields), relation, value)
      .map(([quantifier, field, sign, right]) => `${quantifier}${field} ${sign} ${right}`),
    fc
      .tuple(
        fc.constantFrom(...fields),
        fc.constantFrom('in', 'not in'),
        fc.array(value, { minLength: 1, maxLength: 4 }),
      )
      .map(([field, word, values]) => `${field} ${word} {${values.join(', ')}}`),
    fc.tuple(value, fc.constantFrom('<', '==', '>='), fc.constantFrom(...fields)).map((parts) => parts.join(' ')),
  )

const NUMBERS = [
  'frame.number',
  'frame.len',
  'frame.cap_len',
  'tcp.len',
  'tcp.seq',
  'tcp.ack',
  'tcp.seq_raw',
  'tcp.stream',
]
const MORE_NUMBERS = [
  'tcp.flags',
  'tcp.window_size',
  'tcp.window_size_value',
  'tcp.nxtseq',
  'ip.ttl',
  'ip.len',
  'ip.id',
  'udp.length',
]
const TIMES = ['frame.time_relative', 'frame.time_delta', 'tcp.time_delta', 'tcp.time_relative', 'tcp.analysis.ack_rtt']
const PRESENCES = [
  'tcp',
  'udp',
  'ip',
  'ipv6',
  'arp',
  'icmp',
  'vxlan',
  'frame',
  'ip.ttl',
  'tcp.flags.syn',
  'udp.port',
  'tcp.payload',
]
const LABELS = [
  'tcp.analysis.retransmission',
  'tcp.analysis.flags',
  'tcp.analysis',
  'hopscope.verdict',
  'tcp.analysis.rto',
]

const condition: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...PRESENCES, ...LABELS),
  compare(['ip.addr', 'ip.src', 'ip.dst'], address),
  compare(['ipv6.addr', 'ipv6.src', 'ipv6.dst'], address6),
  compare(['tcp.port', 'tcp.srcport', 'tcp.dstport', 'udp.port', 'udp.srcport'], port),
  compare([...NUMBERS, ...MORE_NUMBERS], number),
  compare(TIMES, seconds),
  compare(['tcp.flags.syn', 'tcp.flags.ack', 'ip.flags.df', 'frame.cut'], fc.constantFrom('0', '1', 'true')),
  fc
    .tuple(
      fc.constantFrom(...NUMBERS, ...MORE_NUMBERS),
      fc.constantFrom('==', '<', '!='),
      fc.constantFrom(...NUMBERS, ...MORE_NUMBERS),
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(
      fc.constantFrom('ip.src', 'ip.addr'),
      fc.constantFrom('==', '!=', '!==', '<'),
      fc.constantFrom('ip.dst', 'ip.addr'),
    )
    .map((parts) => parts.join(' ')),
  fc.constantFrom(
    'tcp.flags & 0x02',
    'tcp.flags & 0x12 == 0x12',
    'frame.len - ip.len == 14',
    'tcp.srcport + tcp.dstport > 9000',
    'frame.number % 3 == 0',
  ),
  fc.constantFrom(
    'frame contains "price"',
    'http.host == "shop"',
    'http.request.method in {"GET", "POST"}',
    'all tcp.payload == 6f:6b',
    'data.data contains 00:01',
    'hopscope.from_initiator == 1 && tcp.port == 80',
    'string(ip.addr) contains ".7"',
    'tcp.payload contains "GET"',
    'frame matches "ok|end"',
    'frame matches "pri[ck]e+"',
    'all tcp.payload[0:3] == 47:45:54',
    'tcp.payload[1-3] matches "ET "',
    'data.data[-2:2] == "OK" or tcp.payload[0:2] != "ok"',
    'frame.protocols contains "vxlan"',
    'udp[0:2] == 9c:40',
    'tcp[13] & 2',
  ),
  fc.constantFrom(
    'count(ip.addr) > 2',
    'len(tcp.payload) > 30',
    'string(tcp.port) matches "80$"',
    'ip.src#2 == 10.42.0.5',
    'lower(frame.protocols) contains "arp"',
  ),
)

/** Display filters that are right, over the fields and values of mixed-capture.ts. */
export const displayFilter: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc
      .tuple(tie('node'), fc.constantFrom('and', '&&', 'or', '||', 'xor', '^^'), tie('node'))
      .map((parts) => parts.join(' ')),
    tie('node').map((of) => `(${of})`),
    tie('node').map((of) => `not (${of})`),
  ),
})).node
