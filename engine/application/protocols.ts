import { DnsTcpDecoder, recogniseDns } from './dns-tcp.ts'
import { Http1Decoder, recogniseHttp1 } from './http1.ts'
import { Http2Decoder } from './http2.ts'
import { recogniseHttp2 } from './http2-frames.ts'
import { MysqlDecoder } from './mysql.ts'
import { recogniseMysql } from './mysql-packets.ts'
import { PostgresqlDecoder } from './postgresql.ts'
import { recognisePostgresql } from './postgresql-messages.ts'
import { RedisDecoder, recogniseRedis } from './redis.ts'
import type { ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'
import { recogniseTls, TlsDecoder } from './tls.ts'

/** What is known of a TCP payload that might be a protocol's first. */
export interface FirstBytes {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  /** Who sent it, where the connection's SYN was seen. */
  readonly side: Side | undefined
  /** Port of the end that answers, or the lower one where that is not known: a hint, never a proof. */
  readonly serverPort: number
}

/** A protocol over TCP whose requests and responses are told apart. */
export interface ApplicationProtocol {
  /** As Wireshark calls it in frame.protocols. */
  readonly name: string
  /**
   * Who sent these bytes, if they are the protocol's; undefined if not. Called for the first payloads of each direction only, in the
   * order of the table; they can also be from the middle of a stream.
   */
  readonly recognise: (first: FirstBytes) => Side | undefined
  readonly decoder: (sink: ExchangeSink) => StreamDecoder
}

/** A newcomer is one line here. The surest recogniser comes first: the first that says yes has it. */
export const APPLICATION_PROTOCOLS: readonly ApplicationProtocol[] = [
  { name: 'tls', recognise: recogniseTls, decoder: (sink) => new TlsDecoder(sink) },
  { name: 'http', recognise: recogniseHttp1, decoder: (sink) => new Http1Decoder(sink) },
  { name: 'http2', recognise: recogniseHttp2, decoder: (sink) => new Http2Decoder(sink) },
  { name: 'pgsql', recognise: recognisePostgresql, decoder: (sink) => new PostgresqlDecoder(sink) },
  { name: 'mysql', recognise: recogniseMysql, decoder: (sink) => new MysqlDecoder(sink) },
  { name: 'redis', recognise: recogniseRedis, decoder: (sink) => new RedisDecoder(sink) },
  { name: 'dns', recognise: recogniseDns, decoder: (sink) => new DnsTcpDecoder(sink) },
]
