import type { FirstBytes } from './protocols.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'
import { alertName, cipherName, readHello, tlsVersionName } from './tls-hello.ts'
import { RECORD, TlsRecordReader } from './tls-records.ts'

const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const HANDSHAKE_HEADER = 4
/** A hello with post-quantum keys and a session ticket has some kilobytes. */
const LONGEST_HELLO = 16_384
const TLS_1_3 = 0x0304
const CLOSE_NOTIFY = 0
const FATAL = 2
/**
 * Encrypted, an alert has 2 + 1 bytes and a tag of 8 or 16 (RFC 8446 section 5.2); the shortest Finished has 36 + 1 and a tag.
 */
const LONGEST_ENCRYPTED_ALERT = 24

export function recogniseTls({ bytes, from, to }: FirstBytes): Side | undefined {
  if (to - from < 6 || bytes[from] !== RECORD.handshake || bytes[from + 1] !== 3 || bytes[from + 2] > 4)
    return undefined
  const length = (bytes[from + 3] << 8) | bytes[from + 4]
  if (length < HANDSHAKE_HEADER) return undefined
  if (bytes[from + 5] === CLIENT_HELLO) return 'client'
  return bytes[from + 5] === SERVER_HELLO ? 'server' : undefined
}

/**
 * A TLS handshake is one exchange: from the ClientHello to the end of the server's flight that lets the client go on (its Finished).
 * Nothing is decrypted, and nothing after the handshake is looked at.
 */
export class TlsDecoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #sides: Readonly<Record<Side, Handshake>>
  #exchange: ExchangeId | undefined
  #answered = false
  /** Chosen by the server; 0 = not known yet. */
  #version = 0
  #serverSentEncrypted = false
  #row = 0
  #time = 0
  done = false

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#sides = {
      client: new Handshake((event, ...values) => this.#heard('client', event, values)),
      server: new Handshake((event, ...values) => this.#heard('server', event, values)),
    }
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    if (this.done) return
    this.#row = row
    this.#time = time
    const { client, server } = this.#sides
    if (side === 'client' && this.#answered && (client.lost || server.lost)) {
      // Where records can't be told apart any more, the client's next word ends the server's flight.
      this.#finish()
      return
    }
    const { [side]: speaker } = this.#sides
    if (side === 'server' && this.#exchange !== undefined) {
      if (!this.#answered) this.#sink.responseBegin(this.#exchange, row, time)
      this.#answered = true
    }
    speaker.reader.data(bytes, from, to, row, time)
    if (this.#exchange === undefined) return
    if (side === 'client' && !this.#answered) this.#sink.requestEnd(this.#exchange, row, time)
    if (side === 'server') this.#sink.responseEnd(this.#exchange, row, time)
  }

  gap(side: Side, length: number): void {
    this.#sides[side].reader.gap(length)
  }

  end(): void {
    this.done = true
  }

  #heard(side: Side, event: HandshakeEvent, [a, b, c]: readonly number[]): void {
    if (this.done) return
    switch (event) {
      case 'record':
        this.#record(side, a, b, c)
        return
      case 'hello':
        this.#hello(side, a, b)
        return
      case 'alert':
        this.#alert(a, b)
        return
      case 'encrypted':
        this.#encrypted(side, a)
    }
  }

  #record(side: Side, type: number, row: number, time: number): void {
    if (side === 'client' && type === RECORD.handshake && this.#exchange === undefined) {
      this.#exchange = this.#sink.begin(row, time)
      this.#sink.ask(this.#exchange, 'ClientHello')
    }
  }

  #hello(side: Side, from: number, to: number): void {
    const { bytes } = this.#sides[side]
    const hello = readHello(bytes, from, to, side === 'client')
    const row = this.#row
    if (side === 'client') {
      if (hello.serverName !== undefined) this.#sink.fact('sni', hello.serverName, row)
      if (hello.protocols.length > 0) this.#sink.fact('alpn offered', hello.protocols.join(', '), row)
      if (hello.encryptedClientHello) this.#sink.fact('ech', 'offered', row)
      if (this.#exchange !== undefined && hello.serverName !== undefined) {
        this.#sink.ask(this.#exchange, `ClientHello ${hello.serverName}`)
      }
      return
    }
    // TLS 1.3 sends ChangeCipherSpec for the sake of middleboxes only (RFC 8446 appendix D.4).
    if (hello.version === TLS_1_3)
      for (const { ignoreCipherChange } of [this.#sides.client, this.#sides.server]) ignoreCipherChange()
    if (hello.retry) {
      this.#sink.fact('hello retry', 'requested', row)
      return
    }
    this.#version = hello.version
    this.#sink.fact('tls version', tlsVersionName(hello.version), row)
    this.#sink.fact('cipher', cipherName(hello.cipher), row)
    if (hello.protocols.length > 0) this.#sink.fact('alpn', hello.protocols[0], row)
  }

  #alert(level: number, description: number): void {
    const name = alertName(description)
    if (description !== CLOSE_NOTIFY) this.#sink.fact('alert', name, this.#row)
    if (level !== FATAL && description !== CLOSE_NOTIFY) return
    if (this.#exchange !== undefined) this.#fail(`alert ${name}`)
    this.done = true
  }

  /** An encrypted record of the side was complete. */
  #encrypted(side: Side, length: number): void {
    if (side === 'server') this.#serverSentEncrypted = true
    if (this.#version === TLS_1_3) {
      if (side === 'client' && this.#serverSentEncrypted) {
        if (length > LONGEST_ENCRYPTED_ALERT) this.#finish()
        else {
          this.#sink.fact('alert', 'encrypted', this.#row)
          if (this.#exchange !== undefined) this.#fail('encrypted alert')
          this.done = true
        }
      }
      return
    }
    // Up to TLS 1.2 either side's Finished may be the last one: the server's in a full handshake, the client's in a resumed one.
    if (!this.#sides.client.secured || !this.#sides.server.secured) return
    if (side === 'server' && this.#exchange !== undefined) this.#sink.responseEnd(this.#exchange, this.#row, this.#time)
    this.#finish()
  }

  /** An alert answers, whoever sent it. */
  #fail(text: string): void {
    if (this.#exchange === undefined) return
    if (!this.#answered) this.#sink.responseBegin(this.#exchange, this.#row, this.#time)
    this.#sink.answer(this.#exchange, text, true)
  }

  #finish(): void {
    if (this.#exchange !== undefined && this.#version !== 0) {
      this.#sink.answer(this.#exchange, tlsVersionName(this.#version), false)
    }
    this.done = true
  }
}

/**
 * - `record`: type, row and time of its first byte
 * - `hello`: its body in `bytes`, from and to
 * - `alert`: level and description, in clear
 * - `encrypted`: the length of a record that can't be read
 */
type HandshakeEvent = 'record' | 'hello' | 'alert' | 'encrypted'

/** One side's records up to its encryption; hellos are put together, other messages passed over. */
class Handshake {
  readonly reader: TlsRecordReader
  bytes = new Uint8Array(0)
  /** Of the handshake message: bytes so far, kept or not, and whether some of them are missing. */
  #at = 0
  #cut = false
  #length = 0
  #alertBytes = 0
  #alertLevel = 0
  #recordLength = 0
  /** It has changed to encryption (ChangeCipherSpec). */
  secured = false
  #cipherChanges = true
  readonly #tell: (event: HandshakeEvent, ...values: readonly number[]) => void

  constructor(tell: (event: HandshakeEvent, ...values: readonly number[]) => void) {
    this.#tell = tell
    this.reader = new TlsRecordReader({
      record: (type, length, row, time) => {
        this.#recordLength = length
        this.#alertBytes = 0
        tell('record', type, row, time)
      },
      body: (type, bytes, from, to) => {
        if (type === RECORD.handshake && !this.secured) this.#message(bytes, from, to)
        else if (type === RECORD.alert && !this.secured) this.#alert(bytes, from, to)
      },
      bodyGap: (length) => this.#skip(length),
      recordEnd: (type) => {
        if (type === RECORD.changeCipherSpec) this.secured = this.#cipherChanges
        else if (type === RECORD.applicationData || this.secured) tell('encrypted', this.#recordLength)
      },
    })
  }

  readonly ignoreCipherChange = (): void => {
    this.secured = false
    this.#cipherChanges = false
  }

  get lost(): boolean {
    return this.reader.lost
  }

  #message(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to;) {
      if (this.#at < HANDSHAKE_HEADER) {
        this.#keep(bytes, at, at + 1)
        at++
        if (this.#at === HANDSHAKE_HEADER) {
          const header = this.bytes
          this.#length = HANDSHAKE_HEADER + header[1] * 0x10000 + header[2] * 0x100 + header[3]
        } else continue
      } else {
        const end = Math.min(to, at + this.#length - this.#at)
        if (this.#isHello && !this.#cut) this.#keep(bytes, at, end)
        else this.#at += end - at
        at = end
      }
      if (this.#at >= this.#length) this.#messageEnds(this.#length)
    }
  }

  get #isHello(): boolean {
    return this.bytes[0] === CLIENT_HELLO || this.bytes[0] === SERVER_HELLO
  }

  #messageEnds(to: number): void {
    if (this.#isHello && !this.#cut) this.#tell('hello', HANDSHAKE_HEADER, Math.min(to, this.bytes.length))
    this.#at = 0
    this.#cut = false
  }

  /** The snap length cut a message: what was captured of a hello is all that there will be. */
  #skip(length: number): void {
    if (this.#at === 0 || this.secured) return
    if (this.#at < HANDSHAKE_HEADER) this.reader.lost = true
    else {
      if (this.#isHello && !this.#cut) this.#tell('hello', HANDSHAKE_HEADER, this.#at)
      this.#cut = true
      this.#at += length
      if (this.#at >= this.#length) this.#messageEnds(this.#length)
    }
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const end = this.#at + to - from
    if (end > this.bytes.length && this.bytes.length < LONGEST_HELLO) {
      const larger = new Uint8Array(Math.min(LONGEST_HELLO, Math.max(512, end, this.bytes.length * 2)))
      larger.set(this.bytes)
      this.bytes = larger
    }
    const fits = Math.min(to, from + this.bytes.length - this.#at)
    if (fits > from) this.bytes.set(bytes.subarray(from, fits), this.#at)
    this.#at = end
  }

  #alert(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      this.#alertBytes++
      if (this.#alertBytes === 1) this.#alertLevel = bytes[at]
      else if (this.#alertBytes === 2) this.#tell('alert', this.#alertLevel, bytes[at])
    }
  }
}
