import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { DetailNode } from '../answers.ts'
import { Engine } from '../engine.ts'

const ROOT = new URL('../../test/fixtures/captures/', import.meta.url)

/** The tree and the bytes of a frame of one of our captures. */
async function frame(capture: string, number: number) {
  const file = gunzipSync(readFileSync(new URL(`${capture}.pcap.gz`, ROOT)))
  const engine = new Engine()
  engine.push(file)
  engine.finish()
  return engine.packetDetails(number - 1, async (offset, length) => file.subarray(offset, offset + length))
}

const lines = (node: DetailNode, depth = 0): string[] => [
  '  '.repeat(depth) + node.text,
  ...node.children.flatMap((child) => lines(child, depth + 1)),
]

function found(nodes: readonly DetailNode[], field: string): DetailNode[] {
  return nodes.flatMap((node) => [...(node.field === field ? [node] : []), ...found(node.children, field)])
}

describe('the details of what a payload says', () => {
  it('show a DNS response with its records and the query that it answers', async () => {
    const { tree } = await frame('ndots', 5)
    const [dns] = found(tree, 'dns')
    const name = 'api.payments.example.com.shop.svc.cluster.local'
    expect(lines(dns)).toEqual([
      'Domain Name System (response)',
      '  Transaction ID: 0x060a',
      '  Flags: 0x8583 Standard query response, No such name',
      '    1... .... .... .... = Response: Message is a response',
      '    .000 0... .... .... = Opcode: Standard query (0)',
      '    .... .1.. .... .... = Authoritative: Server is an authority for domain',
      '    .... ..0. .... .... = Truncated: Message is not truncated',
      '    .... ...1 .... .... = Recursion desired: Do query recursively',
      '    .... .... 1... .... = Recursion available: Server can do recursive queries',
      '    .... .... ..0. .... = Answer authenticated: Not set',
      '    .... .... ...0 .... = Non-authenticated data: Unacceptable',
      '    .... .... .... 0011 = Reply code: No such name (3)',
      '  Questions: 1',
      '  Answer RRs: 0',
      '  Authority RRs: 1',
      '  Additional RRs: 0',
      '  Queries',
      `    ${name}: type A, class IN`,
      `      Name: ${name}`,
      '      Type: A (1)',
      '      Class: IN (0x0001)',
      '  Authoritative nameservers',
      '    cluster.local: type SOA, class IN',
      '      Name: cluster.local',
      '      Type: SOA (6)',
      '      Class: IN (0x0001)',
      '      Time to live: 30 seconds',
      '      Data length: 68',
      '      Primary name server: ns.dns.cluster.local',
      "      Responsible authority's mailbox: hostmaster.cluster.local",
      expect.stringMatching(/^ {6}Serial Number: \d+$/),
      '      Refresh Interval: 7200 seconds',
      '      Retry Interval: 1800 seconds',
      '      Expire limit: 86400 seconds',
      '      Minimum TTL: 30 seconds',
      '  [Request In: 3]',
      '  [Time: 0.004641000 seconds]',
    ])
  })

  it('mark the bytes they were read from', async () => {
    const { tree, bytes } = await frame('ndots', 3)
    const marked = (field: string) =>
      found(tree, field).map(({ from, to }) => String.fromCharCode(...bytes.subarray(from, to)))
    expect(marked('dns.qry.name')[0]).toMatch(/^\x03api\x08payments\x07example\x03com\x04shop\x03svc.*\0$/)
    expect(found(tree, 'dns')[0]).toMatchObject({ from: 42, to: bytes.length })
    expect(found(tree, 'dns.id')[0]).toMatchObject({ from: 42, to: 44 })
    const http = await frame('handshakes', 102)
    const text = (field: string) =>
      found(http.tree, field).map(({ from, to }) => String.fromCharCode(...http.bytes.subarray(from, to)))
    expect(text('http.request.method')).toEqual(['GET', 'HEAD', 'GET'])
    expect(text('http.host')).toEqual(['Host: api.shop', 'Host: api.shop', 'Host: api.shop'])
  })

  it('show each of the HTTP messages that begin in a packet', async () => {
    const { tree } = await frame('handshakes', 104)
    const [response, ...others] = found(tree, 'http')
    expect(others).toEqual([])
    expect(lines(response).slice(0, 4)).toEqual([
      'Hypertext Transfer Protocol',
      '  HTTP/1.1 200 OK',
      '    Response Version: HTTP/1.1',
      '    Status Code: 200',
    ])
    expect(lines(response)).toContainEqual(expect.stringMatching(/^ {2}\[Time since request: 0\.01\d+ seconds\]$/))
    const [request] = found((await frame('handshakes', 102)).tree, 'http')
    expect(lines(request)).toContainEqual(expect.stringMatching(/^ {2}\[Full request URI: http:\/\/api\.shop\/\S+\]$/))
  })

  it('show the records of TLS, what a hello offers, and the alert', async () => {
    const hello = lines(found((await frame('handshakes', 6)).tree, 'tls')[0])
    expect(hello.slice(0, 7)).toEqual([
      'Transport Layer Security',
      '  TLSv1.0 Record Layer: Handshake Protocol: Client Hello',
      '    Content Type: Handshake (22)',
      '    Version: TLS 1.0 (0x0301)',
      expect.stringMatching(/^ {4}Length: \d+$/),
      '    Handshake Protocol: Client Hello',
      '      Handshake Type: Client Hello (1)',
    ])
    expect(hello).toContain('        Server Name: api.shop.example')
    expect(hello).toContain('        ALPN Next Protocol: h2')
    expect(hello).toContain('        Cipher Suite: TLS_AES_256_GCM_SHA384 (0x1302)')
    const alert = found((await frame('handshakes', 84)).tree, 'tls.alert_message.desc')
    expect(alert.map(({ text, value }) => [text, value])).toEqual([['Description: unknown_ca (48)', '48']])
  })

  it('take what follows a change of keys for encrypted, but not the second hello of TLS 1.3', async () => {
    const again = found((await frame('handshakes', 54)).tree, 'tls.handshake')
    expect(again.map(({ text }) => text)).toEqual(['Handshake Protocol: Client Hello'])
    const finished = found((await frame('handshakes', 26)).tree, 'tls.handshake')
    expect(finished.map(({ text }) => text)).toContain('Handshake Protocol: Encrypted Handshake Message')
  })
})
