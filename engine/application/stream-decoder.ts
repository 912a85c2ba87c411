// Between reassembly and the decoders of application protocols: what a decoder is fed, and what it tells.

/** Number of an exchange: one request with what answered it. */
export type ExchangeId = number

/** Which way bytes flow: from the end that asks (opened the connection, or has the unprivileged port) or from the one that answers. */
export type Side = 'client' | 'server'

/** What a packet of a conversation can be read as when something before it said so; gRPC is in HTTP/2. */
export type FramedProtocol = 'http2' | 'grpc'

/**
 * Decodes one conversation of one protocol. Fed each byte of each direction once and in order, while the capture is read.
 * Never throws and keeps bounded state, whatever the bytes; where it loses its way it finds back at the next sure beginning of a message.
 */
export interface StreamDecoder {
  /**
   * The next bytes of one side, [from, to) of `bytes`, valid during the call only.
   * `row` is the packet that brought them, `time` when it was captured, in nanoseconds since the first frame.
   */
  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void
  /** `length` bytes of this side are not in the capture (lost, cut by the snap length, or before its start: NaN where unknown). */
  gap(side: Side, length: number, row: number, time: number): void
  /** The connection ended: `reset` when by a RST. Nothing follows. */
  end(reset: boolean, row: number, time: number): void
  /** True once nothing more can be learned (what follows is encrypted, or another protocol): it is fed nothing from then on. */
  readonly done?: boolean
}

/** What decoders report to, as they see it. Several exchanges may be open at once (pipelining, streams). */
export interface ExchangeSink {
  /** The first byte of a request was in this packet. */
  begin(row: number, time: number): ExchangeId
  /** Its last byte so far; again as it grows. */
  requestEnd(id: ExchangeId, row: number, time: number): void
  /** The first byte of the response. */
  responseBegin(id: ExchangeId, row: number, time: number): void
  /** The last byte of the response so far; again as it grows. */
  responseEnd(id: ExchangeId, row: number, time: number): void
  /** What was asked, short and without secrets: "GET /orders/7", "SELECT", "A api.shop.svc.cluster.local". */
  ask(id: ExchangeId, text: string): void
  /** How it ended, in the protocol's words: "200", "NXDOMAIN", "14 UNAVAILABLE"; `failed` when it is an error. */
  answer(id: ExchangeId, text: string, failed: boolean): void
  /** It will get no answer by the protocol's own rules (a notification, QUIT): not to be counted as unanswered. */
  oneWay(id: ExchangeId): void
  /** Its answer may be among bytes that were not captured: to be counted neither as answered nor as unanswered. */
  cannotTell(id: ExchangeId): void
  /** The exchange is one of a protocol that is carried by the conversation's: "grpc" in "http2". */
  protocol(id: ExchangeId, name: string): void
  /** From this packet on the conversation carries frames of HTTP/2; messages of gRPC in them. */
  carries(protocol: FramedProtocol, row: number): void
  /** A fact of the whole conversation, for the person: ("sni", "api.example.com"), ("alpn", "h2"), ("alert", "handshake_failure"). */
  fact(name: string, value: string, row: number): void
}
