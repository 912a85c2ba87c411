import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

// X.509 certificates for the test cluster, made here so that no program and no package is needed for them (RFC 5280).

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

interface Subject {
  readonly commonName: string
  /** Kubernetes reads groups from the organisations. */
  readonly organisations?: readonly string[]
}

export interface Authority extends Certificate {
  /** A certificate for a server; `names` are DNS names or addresses. */
  server(names: readonly string[]): Certificate
  /** A client certificate: user and groups. */
  client(user: string, groups?: readonly string[]): Certificate
}

export function certificateAuthority(name: string): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: name }
  const issue = (to: Subject, extensions: readonly Uint8Array[]): Certificate => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return pem(to, own, subject, pair, extensions)
  }
  const authority = pem(subject, pair, subject, pair, [
    // basicConstraints CA:TRUE, critical; keyUsage keyCertSign + cRLSign, critical
    extension('2.5.29.19', sequence(boolean(true)), true),
    extension('2.5.29.15', bitString(Uint8Array.of(0x06), 1), true),
  ])
  return {
    ...authority,
    server: (names) =>
      issue({ commonName: names[0] ?? 'server' }, [
        extension('2.5.29.17', sequence(...names.map(alternativeName))),
        extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
      ]),
    client: (user, groups = []) =>
      issue({ commonName: user, organisations: groups }, [
        extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.2'))),
      ]),
  }
}

function pem(
  subject: Subject,
  own: { publicKey: KeyObject; privateKey: KeyObject },
  issuer: Subject,
  authority: { publicKey: KeyObject; privateKey: KeyObject },
  extensions: readonly Uint8Array[],
): Certificate {
  const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
  const spki = own.publicKey.export({ type: 'spki', format: 'der' })
  const authorityKey = authority.publicKey.export({ type: 'spki', format: 'der' })
  const keyIds = [
    extension('2.5.29.14', tlv(0x04, digest(spki))),
    extension('2.5.29.35', sequence(tlv(0x80, digest(authorityKey)))),
  ]
  const now = Date.now()
  const toBeSigned = sequence(
    tlv(0xa0, integer(Uint8Array.of(2))),
    integer(Uint8Array.of(0x01, ...randomBytes(8))),
    ecdsaWithSha256,
    name(issuer),
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + 30 * 86_400_000))),
    name(subject),
    spki,
    tlv(0xa3, sequence(...extensions, ...keyIds)),
  )
  const signature = sign('sha256', toBeSigned, authority.privateKey)
  const der = sequence(toBeSigned, ecdsaWithSha256, bitString(signature, 0))
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.from(head), ...parts])
}

const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts)
const integer = (bytes: Uint8Array) => tlv(0x02, bytes)
const boolean = (value: boolean) => tlv(0x01, Uint8Array.of(value ? 0xff : 0))
const bitString = (bytes: Uint8Array, unused: number) => tlv(0x03, Uint8Array.of(unused), bytes)
const text = (value: string) => tlv(0x0c, Buffer.from(value, 'utf8'))

function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x17, Buffer.from(digits.slice(2), 'latin1'))
}

function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const septets = [arc & 0x7f]
    for (let high = arc >>> 7; high > 0; high >>>= 7) septets.unshift((high & 0x7f) | 0x80)
    bytes.push(...septets)
  }
  return tlv(0x06, Uint8Array.from(bytes))
}

function name({ commonName, organisations = [] }: Subject): Uint8Array {
  const attribute = (type: string, value: string) => tlv(0x31, sequence(objectIdentifier(type), text(value)))
  return sequence(...organisations.map((one) => attribute('2.5.4.10', one)), attribute('2.5.4.3', commonName))
}

function extension(type: string, value: Uint8Array, critical = false): Uint8Array {
  const parts = [objectIdentifier(type), ...(critical ? [boolean(true)] : []), tlv(0x04, value)]
  return sequence(...parts)
}

function alternativeName(value: string): Uint8Array {
  const address = /^\d+\.\d+\.\d+\.\d+$/.test(value)
  return address ? tlv(0x87, Uint8Array.from(value.split('.').map(Number))) : tlv(0x82, Buffer.from(value, 'latin1'))
}
