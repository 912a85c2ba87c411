import type { FieldCatalog } from './field-catalog.ts'
import { nearest } from './suggestion.ts'

/** Names that Wireshark once had, or that people use. */
const RENAMED: Readonly<Record<string, string>> = { pkt_comment: 'frame.comment', redis: 'resp' }

/** The name under which the catalog has a field. */
export function fieldName(text: string): string {
  const renamed = RENAMED[text]
  if (renamed !== undefined) return renamed
  if (text === 'ssl' || text.startsWith('ssl.')) return `tls${text.slice(3)}`
  return text.startsWith('_ws.col.') ? text.toLowerCase() : text
}

/** What people call what has another name. */
const MEANT: Readonly<Record<string, string>> = {
  'dns.name': 'dns.qry.name',
  'dns.query': 'dns.qry.name',
  'http.path': 'http.request.uri',
  'http.response.status': 'http.response.code',
  'http.status': 'http.response.code',
  'http.status_code': 'http.response.code',
  'http.url': 'http.request.uri',
  'ip.dst_host': 'ip.dst',
  'ip.host': 'ip.addr',
  'ip.src_host': 'ip.src',
  'tcp.flags.psh': 'tcp.flags.push',
  'tcp.flags.rst': 'tcp.flags.reset',
  'tcp.rst': 'tcp.flags.reset',
  'tcp.rtt': 'tcp.analysis.ack_rtt',
  'tcp.window': 'tcp.window_size',
  'tls.sni': 'tls.handshake.extensions_server_name',
}

/** Where protocols that are not read are found all the same. */
const BY_PORT: Readonly<Record<string, string>> = {
  amqp: 'tcp.port == 5672',
  bgp: 'tcp.port == 179',
  bootp: 'udp.port in {67, 68}',
  cql: 'tcp.port == 9042',
  dhcp: 'udp.port in {67, 68}',
  dhcpv6: 'udp.port in {546, 547}',
  dtls: 'udp.port == 443',
  ftp: 'tcp.port == 21',
  http3: 'udp.port == 443',
  imap: 'tcp.port == 143',
  kafka: 'tcp.port == 9092',
  kerberos: 'tcp.port == 88 or udp.port == 88',
  ldap: 'tcp.port == 389',
  llmnr: 'udp.port == 5355',
  memcache: 'tcp.port == 11211',
  mongo: 'tcp.port == 27017',
  mqtt: 'tcp.port == 1883',
  nbns: 'udp.port == 137',
  nfs: 'tcp.port == 2049',
  ntp: 'udp.port == 123',
  pop: 'tcp.port == 110',
  quic: 'udp.port == 443',
  radius: 'udp.port == 1812',
  rdp: 'tcp.port == 3389',
  rtsp: 'tcp.port == 554',
  sip: 'udp.port == 5060',
  smb: 'tcp.port == 445',
  smb2: 'tcp.port == 445',
  smtp: 'tcp.port == 25',
  snmp: 'udp.port == 161',
  ssdp: 'udp.port == 1900',
  ssh: 'tcp.port == 22',
  stun: 'udp.port == 3478',
  syslog: 'udp.port == 514',
  tds: 'tcp.port == 1433',
  telnet: 'tcp.port == 23',
  tftp: 'udp.port == 69',
  websocket: 'http.upgrade',
}

/** Fields named when none is near. */
const NAMED = 4

/** Why a name is none of a field, and what to write instead. */
export function unknownField(text: string, catalog: FieldCatalog): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  const [protocol] = text.toLowerCase().split('.', 1)
  if (Object.hasOwn(BY_PORT, protocol)) {
    return `${shown} is not a field: ${protocol} is not read here. By where it usually is: ${BY_PORT[protocol]}`
  }
  // What says more than a field that is known was meant to be that one.
  const heads = [...catalog.keys()].filter((name) => name.includes('.') && text.startsWith(`${name}_`))
  const guess =
    heads.toSorted((a, b) => b.length - a.length)[0] ??
    deeper(text.toLowerCase(), catalog) ??
    nearest(fieldName(text), catalog.keys())
  if (guess !== undefined) return `${shown} is not a field; did you mean ${guess}?`
  const siblings = [...catalog.keys()].filter((name) => name.startsWith(`${protocol}.`))
  if (siblings.length === 0) {
    if (catalog.has(protocol)) return `${shown} is not a field; of ${protocol} only its presence is known: ${protocol}`
    // What is typed first is often a name.
    return `${shown} is not a field.${/^[\w-]+$/.test(shown) ? ` To find it in packets: frame contains "${shown}"` : ''}`
  }
  const more = siblings.length > NAMED ? ', …' : '.'
  return `${shown} is not a field; of ${protocol} there are ${siblings.slice(0, NAMED).join(', ')}${more}`
}

/** What is meant by a name that leaves out what stands in the middle: dns.rcode, tcp.syn. */
function deeper(text: string, catalog: FieldCatalog): string | undefined {
  if (Object.hasOwn(MEANT, text)) return MEANT[text]
  const [, protocol, rest] = /^(\w+)\.(.+)$/.exec(text) ?? []
  if (rest === undefined) return undefined
  return [...catalog.keys()].find((name) => name.startsWith(`${protocol}.`) && name.endsWith(`.${rest}`))
}
