import { type DnsMessage, dnsTypeName, DNS_TYPES, readDnsMessage } from '../application/dns-message.ts'
import { readDnsName } from '../application/dns-names.ts'
import { bool, type FieldTable, flag, hex, ipv4, ipv6, part, protocol, string, uint } from './field-info.ts'
import type { FieldInfo } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'

const seconds = (description: string): FieldInfo => ({ type: 'double', description, unit: 'seconds' })

const OPCODES: Readonly<Record<number, string>> = {
  0: 'Standard query',
  1: 'Inverse query',
  2: 'Server status request',
  4: 'Zone change notification',
  5: 'Dynamic update',
}
const RCODES: Readonly<Record<number, string>> = {
  0: 'No error',
  1: 'Format error',
  2: 'Server failure',
  3: 'No such name',
  4: 'Not implemented',
  5: 'Refused',
  9: 'Not authoritative',
}
const CLASSES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 254: 'NONE', 255: 'ANY' }

export const DNS_FIELDS = {
  dns: protocol('Domain Name System'),
  mdns: protocol('Multicast Domain Name System'),
  'dns.length': uint('Length'),
  'dns.id': hex('Transaction ID'),
  'dns.flags': hex('Flags'),
  'dns.flags.response': flag('Response', 0x8000, 16, ['Message is a response', 'Message is a query']),
  'dns.flags.opcode': part('Opcode', 0x7800, 16, { names: OPCODES }),
  'dns.flags.authoritative': flag('Authoritative', 0x0400, 16, [
    'Server is an authority for domain',
    'Server is not an authority for domain',
  ]),
  'dns.flags.truncated': flag('Truncated', 0x0200, 16, ['Message is truncated', 'Message is not truncated']),
  'dns.flags.recdesired': flag('Recursion desired', 0x0100, 16, ['Do query recursively', "Don't do query recursively"]),
  'dns.flags.recavail': flag('Recursion available', 0x0080, 16, [
    'Server can do recursive queries',
    "Server can't do recursive queries",
  ]),
  'dns.flags.authenticated': flag('Answer authenticated', 0x0020, 16),
  'dns.flags.checkdisable': flag('Non-authenticated data', 0x0010, 16, ['Acceptable', 'Unacceptable']),
  'dns.flags.rcode': part('Reply code', 0x000f, 16, { names: RCODES }),
  'dns.count.queries': uint('Questions'),
  'dns.count.answers': uint('Answer RRs'),
  'dns.count.auth_rr': uint('Authority RRs'),
  'dns.count.add_rr': uint('Additional RRs'),
  'dns.qry.name': string('Name'),
  'dns.qry.type': uint('Type', { names: DNS_TYPES }),
  'dns.qry.class': hex('Class', { names: CLASSES }),
  'dns.qry.qu': bool('"QU" question'),
  'dns.resp.name': string('Name'),
  'dns.resp.type': uint('Type', { names: DNS_TYPES }),
  'dns.resp.class': hex('Class', { names: CLASSES }),
  'dns.resp.cache_flush': bool('Cache flush'),
  'dns.resp.ttl': uint('Time to live', { unit: 'seconds' }),
  'dns.resp.len': uint('Data length'),
  'dns.rr.udp_payload_size': uint('UDP payload size'),
  'dns.a': ipv4('Address'),
  'dns.aaaa': ipv6('AAAA Address'),
  'dns.cname': string('CNAME'),
  'dns.ns': string('Name Server'),
  'dns.ptr.domain_name': string('Domain Name'),
  'dns.mx.preference': uint('Preference'),
  'dns.mx.mail_exchange': string('Mail Exchange'),
  'dns.txt': string('TXT'),
  'dns.soa.mname': string('Primary name server'),
  'dns.soa.rname': string("Responsible authority's mailbox"),
  'dns.soa.serial_number': uint('Serial Number'),
  'dns.soa.refresh_interval': uint('Refresh Interval', { unit: 'seconds' }),
  'dns.soa.retry_interval': uint('Retry Interval', { unit: 'seconds' }),
  'dns.soa.expire_limit': uint('Expire limit', { unit: 'seconds' }),
  'dns.soa.minimum_ttl': uint('Minimum TTL', { unit: 'seconds' }),
  'dns.srv.priority': uint('Priority'),
  'dns.srv.weight': uint('Weight'),
  'dns.srv.port': uint('Port'),
  'dns.srv.target': string('Target'),
  'dns.response_to': uint('Request In'),
  'dns.time': seconds('Time'),
} as const satisfies FieldTable

const HEADER = 12
/** Between a record's name and its data: type, class, time to live, data length. */
const RECORD_HEADER = 10
const TYPE = { a: 1, ns: 2, cname: 5, soa: 6, ptr: 12, mx: 15, txt: 16, aaaa: 28, srv: 33, opt: 41 } as const
const SOA_NUMBERS = [
  'dns.soa.serial_number',
  'dns.soa.refresh_interval',
  'dns.soa.retry_interval',
  'dns.soa.expire_limit',
  'dns.soa.minimum_ttl',
] as const
const SECTIONS = ['Answers', 'Authoritative nameservers', 'Additional records'] as const

/**
 * The message in [at, to), which may be cut (RFC 1035 section 4):
 *
 *      0        2       4         6         8           10           12
 *     +--------+-------+---------+---------+-----------+------------+-----------+---------
 *     | id     | flags | queries | answers | authority | additional | questions | records
 *     +--------+-------+---------+---------+-----------+------------+-----------+---------
 *
 * In multicast DNS the highest bit of a class says something of its own (RFC 6762 sections 5.4 and 10.2).
 */
export function writeDns(out: FieldWriter, at: number, to: number, name: 'dns' | 'mdns', overTcp = false): void {
  const from = overTcp ? at + 2 : at
  const message = readDnsMessage(out.bytes, from, to)
  if (!message) return
  const title = name === 'dns' ? 'Domain Name System' : 'Multicast Domain Name System'
  out.layer(name, at, to, `${title} (${message.isResponse ? 'response' : 'query'})`)
  if (overTcp) out.uint('dns.length', at, 2)
  new DnsWriter(out, from, to, name === 'mdns').write(message)
  out.endLayer()
}

class DnsWriter {
  readonly #out: FieldWriter
  readonly #start: number
  readonly #to: number
  readonly #multicast: boolean

  constructor(out: FieldWriter, start: number, to: number, multicast: boolean) {
    this.#out = out
    this.#start = start
    this.#to = to
    this.#multicast = multicast
  }

  write(message: DnsMessage): void {
    const out = this.#out
    const start = this.#start
    out.uint('dns.id', start, 2)
    this.#flags(message)
    out.uint('dns.count.queries', start + 4, 2)
    out.uint('dns.count.answers', start + 6, 2)
    out.uint('dns.count.auth_rr', start + 8, 2)
    out.uint('dns.count.add_rr', start + 10, 2)
    const at = this.#section('Queries', start + HEADER, out.u16(start + 4), (next) => this.#question(next))
    SECTIONS.reduce(
      (next, title, i) => this.#section(title, next, out.u16(start + 6 + 2 * i), (one) => this.#record(one)),
      at,
    )
    const { answered } = out.context ?? {}
    if (!message.isResponse || !answered) return
    out.value('dns.response_to', answered.frame, start, start, `[Request In: ${answered.frame}]`)
    const time = answered.ns / 1e9
    out.value('dns.time', time, start, start, `[Time: ${time.toFixed(9)} seconds]`)
  }

  #flags({ isResponse, opcode, rcode }: DnsMessage): void {
    const out = this.#out
    const at = this.#start + 2
    const what = `${OPCODES[opcode] ?? 'Unknown operation'}${isResponse ? ` response, ${RCODES[rcode] ?? 'error'}` : ''}`
    if (out.uint('dns.flags', at, 2)) out.append(` ${what}`)
    out.down()
    out.bits('dns.flags.response', at, 2)
    out.bits('dns.flags.opcode', at, 2)
    if (isResponse) out.bits('dns.flags.authoritative', at, 2)
    out.bits('dns.flags.truncated', at, 2)
    out.bits('dns.flags.recdesired', at, 2)
    if (isResponse) {
      out.bits('dns.flags.recavail', at, 2)
      out.bits('dns.flags.authenticated', at, 2)
    }
    out.bits('dns.flags.checkdisable', at, 2)
    if (isResponse) out.bits('dns.flags.rcode', at, 2)
    out.up()
  }

  /** Returns where the next section begins; beyond the end where this one was cut. */
  #section(title: string, at: number, count: number, write: (at: number) => number): number {
    if (count === 0 || at > this.#to) return at
    const out = this.#out
    // Its end is not known yet; the records inside have their own ranges.
    out.note(title, at, Math.min(at, this.#to))
    out.down()
    let next = at
    for (let i = 0; i < count && next <= this.#to; i++) next = write(next)
    if (next > this.#to) out.note('The rest of the message is not in this packet', this.#to, this.#to, 'note')
    out.up()
    return next
  }

  #question(at: number): number {
    const out = this.#out
    const name = readDnsName(out.bytes, at, this.#start, this.#to)
    if (!name || name.next + 4 > this.#to) return this.#to + 1
    const type = out.u16(name.next)
    const kind = out.u16(name.next + 2)
    out.note(`${shown(name.text)}: type ${dnsTypeName(type)}, class ${this.#className(kind)}`, at, name.next + 4)
    out.down()
    out.value('dns.qry.name', shown(name.text), at, name.next)
    out.uint('dns.qry.type', name.next, 2)
    out.value('dns.qry.class', this.#plainClass(kind), name.next + 2, name.next + 4)
    if (this.#multicast) out.value('dns.qry.qu', kind >= 0x8000, name.next + 2, name.next + 4)
    out.up()
    return name.next + 4
  }

  #record(at: number): number {
    const out = this.#out
    const name = readDnsName(out.bytes, at, this.#start, this.#to)
    if (!name || name.next + RECORD_HEADER > this.#to) return this.#to + 1
    const fixed = name.next
    const type = out.u16(fixed)
    const kind = out.u16(fixed + 2)
    const length = out.u16(fixed + 8)
    const data = fixed + RECORD_HEADER
    const next = data + length
    const of = type === TYPE.opt ? '' : `, class ${this.#className(kind)}`
    out.note(`${shown(name.text)}: type ${dnsTypeName(type)}${of}`, at, Math.min(next, this.#to))
    out.down()
    out.value('dns.resp.name', shown(name.text), at, fixed)
    out.uint('dns.resp.type', fixed, 2)
    if (type === TYPE.opt) out.uint('dns.rr.udp_payload_size', fixed + 2, 2)
    else {
      out.value('dns.resp.class', this.#plainClass(kind), fixed + 2, fixed + 4)
      if (this.#multicast) out.value('dns.resp.cache_flush', kind >= 0x8000, fixed + 2, fixed + 4)
      out.uint('dns.resp.ttl', fixed + 4, 4)
    }
    out.uint('dns.resp.len', fixed + 8, 2)
    if (next <= this.#to) this.#data(type, data, next)
    out.up()
    return next
  }

  #data(type: number, at: number, end: number): void {
    const out = this.#out
    switch (type) {
      case TYPE.a:
        if (end - at === 4) out.ipv4('dns.a', at)
        break
      case TYPE.aaaa:
        if (end - at === 16) out.ipv6('dns.aaaa', at)
        break
      case TYPE.cname:
        this.#name('dns.cname', at, end)
        break
      case TYPE.ns:
        this.#name('dns.ns', at, end)
        break
      case TYPE.ptr:
        this.#name('dns.ptr.domain_name', at, end)
        break
      case TYPE.mx:
        if (end - at < 3) break
        out.uint('dns.mx.preference', at, 2)
        this.#name('dns.mx.mail_exchange', at + 2, end)
        break
      case TYPE.srv:
        if (end - at < 7) break
        out.uint('dns.srv.priority', at, 2)
        out.uint('dns.srv.weight', at + 2, 2)
        out.uint('dns.srv.port', at + 4, 2)
        this.#name('dns.srv.target', at + 6, end)
        break
      case TYPE.soa:
        this.#authority(at, end)
        break
      case TYPE.txt:
        for (let next = at; next < end; next += 1 + out.u8(next)) {
          const textEnd = next + 1 + out.u8(next)
          if (textEnd <= end) out.ascii('dns.txt', next + 1, textEnd)
        }
        break
    }
  }

  /** Start of authority (RFC 1035 section 3.3.13). */
  #authority(at: number, end: number): void {
    const numbers = this.#name('dns.soa.rname', this.#name('dns.soa.mname', at, end), end)
    if (numbers + 20 > end) return
    for (const [i, field] of SOA_NUMBERS.entries()) this.#out.uint(field, numbers + 4 * i, 4)
  }

  /** Returns where what follows the name is; `end` if there is none. */
  #name(field: string, at: number, end: number): number {
    const name = readDnsName(this.#out.bytes, at, this.#start, end)
    if (name) this.#out.value(field, shown(name.text), at, name.next)
    return name?.next ?? end
  }

  #plainClass(kind: number): number {
    return this.#multicast ? kind & 0x7fff : kind
  }

  #className(kind: number): string {
    const plain = this.#plainClass(kind)
    return CLASSES[plain] ?? `0x${plain.toString(16).padStart(4, '0')}`
  }
}

const shown = (name: string): string => (name === '' ? '<Root>' : name)
