import type { LatencySummary, Percentile } from '../../engine/engine.ts'
import { formatCounted, formatDuration } from './format.ts'

const NAMES: Readonly<Record<string, { readonly name: string; readonly about: string }>> = {
  rtt: {
    name: 'Round trips',
    about: 'Round trips between the capture point and either end, passive, from ACKs and timestamps',
  },
  'rtt client': {
    name: 'RTT to the client',
    about: 'Round trips between the capture point and the client, passive, from ACKs and timestamps',
  },
  'rtt server': {
    name: 'RTT to the server',
    about: 'Round trips between the capture point and the server, passive, from ACKs and timestamps',
  },
  dns: { name: 'DNS', about: 'From query to answer' },
  http: { name: 'HTTP', about: 'From the first byte of the request to the last of the response' },
  http2: { name: 'HTTP/2', about: 'From HEADERS to END_STREAM' },
  grpc: { name: 'gRPC', about: 'From HEADERS to the trailers' },
  tls: { name: 'TLS handshake', about: 'From ClientHello to the end of the handshake' },
  redis: { name: 'Redis', about: 'From command to reply' },
  pgsql: { name: 'PostgreSQL', about: 'From query to ReadyForQuery' },
  mysql: { name: 'MySQL', about: 'From command to the end of the result' },
  tcp: { name: 'TCP turns', about: 'Approximate: guessed from who spoke when, where the protocol is not known' },
}

/** Every measure there is, in the order in which they are offered. */
export const MEASURES: readonly string[] = Object.keys(NAMES)

export const measureName = (measure: string): string => NAMES[measure]?.name ?? measure.toUpperCase()
export const measureAbout = (measure: string): string => NAMES[measure]?.about ?? ''

/** A measure whose samples are requests, not round trips. */
export const isRequests = (measure: string): boolean => !/^rtt\b/.test(measure)

/** Why there is no sample of a measure. */
export function whyNone(measure: string, delayedAcks: number, withData: number): string {
  if (isRequests(measure)) return `No ${measureName(measure)} request begins here`
  const left = [
    delayedAcks > 0 && formatCounted(delayedAcks, 'delayed ACK'),
    withData > 0 && `${formatCounted(withData, 'ACK')} with data, for which a program may have been waited`,
  ].filter((part) => typeof part === 'string')
  return left.length > 0
    ? `No round trip of the network alone, only ${left.join(' and ')}`
    : 'Nothing here was acknowledged'
}

/** "≥" where it lies among what was never answered. */
export function percentileText({ ns, beyond }: Percentile): string {
  return Number.isNaN(ns) ? '–' : `${beyond ? '≥ ' : ''}${formatDuration(ns)}`
}

/** Below this many samples a 99th percentile is hardly more than the maximum. */
export const ENOUGH_FOR_P99 = 100

/** Says so beside such a percentile. */
export const THIN_ABOUT = `Fewer than ${ENOUGH_FOR_P99} samples: hardly more than the maximum`

export const isThin = ({ count }: Pick<LatencySummary, 'count'>): boolean => count < ENOUGH_FOR_P99
