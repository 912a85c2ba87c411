import { asciiText } from './ascii.ts'

/** What a ClientHello or ServerHello says in clear (RFC 8446 section 4.1, RFC 5246 section 7.4.1). Fields that were cut are absent. */
export interface TlsHello {
  /** Server name the client asks for (RFC 6066). With Encrypted Client Hello it is the outer one. */
  readonly serverName?: string
  /** Offered by a client, or the one chosen by a server (RFC 7301). */
  readonly protocols: readonly string[]
  /** Highest version offered, or the one chosen: 0x0303 is TLS 1.2. */
  readonly version: number
  /** The one chosen; of a client's hello the first offered. */
  readonly cipher: number
  readonly encryptedClientHello: boolean
  /** A HelloRetryRequest: the client has to say hello again. */
  readonly retry: boolean
}

const SERVER_NAME = 0
const ALPN = 16
const SUPPORTED_VERSIONS = 43
const ENCRYPTED_CLIENT_HELLO = 0xfe0d

/** The random of a ServerHello that is a HelloRetryRequest: SHA-256 of that name; its first bytes are enough. */
const RETRY_RANDOM = [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02]

/** Reads the hello whose body (after the handshake header) is bytes[from, to), which may be cut. */
export function readHello(bytes: Uint8Array, from: number, to: number, isClient: boolean): TlsHello {
  const byte = (at: number): number => (at < to ? bytes[at] : 0)
  const word = (at: number): number => (byte(at) << 8) | byte(at + 1)
  let version = word(from)
  let cipher = 0
  let serverName: string | undefined
  let encryptedClientHello = false
  const protocols: string[] = []
  const retry = !isClient && RETRY_RANDOM.every((value, i) => byte(from + 2 + i) === value)
  let at = from + 34
  at += 1 + byte(at)
  if (isClient) {
    cipher = word(at + 2)
    at += 2 + word(at)
    at += 1 + byte(at)
  } else {
    cipher = word(at)
    at += 3
  }
  const end = Math.min(to, at + 2 + word(at))
  at += 2
  while (at + 4 <= end) {
    const type = word(at)
    const next = at + 4 + word(at + 2)
    const limit = Math.min(next, end)
    at += 4
    if (type === SERVER_NAME && isClient && at + 5 <= limit) {
      const nameEnd = at + 5 + word(at + 3)
      if (byte(at + 2) === 0 && nameEnd <= limit) serverName = asciiText(bytes, at + 5, nameEnd)
    } else if (type === ALPN) {
      for (let name = at + 2; name < limit; name += 1 + byte(name)) {
        const nameEnd = name + 1 + byte(name)
        if (nameEnd <= limit && protocols.length < 16) protocols.push(asciiText(bytes, name + 1, nameEnd))
      }
    } else if (type === SUPPORTED_VERSIONS) {
      if (!isClient) version = word(at)
      else {
        for (let i = at + 1; i + 1 < limit; i += 2) {
          const offered = word(i)
          // 0x?a?a are placeholders to keep servers tolerant (RFC 8701).
          if (offered >>> 8 === 3 && offered > version) version = offered
        }
      }
    } else if (type === ENCRYPTED_CLIENT_HELLO) encryptedClientHello = true
    at = next
  }
  return { ...(serverName !== undefined && { serverName }), protocols, version, cipher, encryptedClientHello, retry }
}

/** "TLS 1.3" */
export function tlsVersionName(version: number): string {
  if (version === 0x0300) return 'SSL 3.0'
  if (version >>> 8 === 3 && version <= 0x0304) return `TLS 1.${(version & 0xff) - 1}`
  return `version 0x${version.toString(16).padStart(4, '0')}`
}

// IANA, TLS Parameters: what is met today.
export const CIPHERS: Readonly<Record<number, string>> = {
  0x009c: 'TLS_RSA_WITH_AES_128_GCM_SHA256',
  0x009d: 'TLS_RSA_WITH_AES_256_GCM_SHA384',
  0x1301: 'TLS_AES_128_GCM_SHA256',
  0x1302: 'TLS_AES_256_GCM_SHA384',
  0x1303: 'TLS_CHACHA20_POLY1305_SHA256',
  0xc02b: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  0xc02c: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  0xc02f: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  0xc030: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  0xcca8: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  0xcca9: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
}

export function cipherName(cipher: number): string {
  return CIPHERS[cipher] ?? `0x${cipher.toString(16).padStart(4, '0')}`
}

// RFC 8446 section 6 and its predecessors.
export const ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
  121: 'ech_required',
}

export function alertName(description: number): string {
  return ALERTS[description] ?? `alert ${description}`
}
