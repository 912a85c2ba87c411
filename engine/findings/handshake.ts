import type { FindingContext } from './context.ts'
import type { Segments } from './segments.ts'
import { median } from './words.ts'

/** How a connection was opened; places in `segments`, -1 = not seen. */
export interface Handshake {
  readonly segments: Segments
  /** Every SYN of the client with the initial sequence number of the first. */
  readonly syns: readonly number[]
  readonly synAcks: readonly number[]
  /** The first ACK of the client after the first SYN-ACK. */
  readonly final: number
  /** The first packet of the server that is no SYN-ACK and came while none had been sent. */
  readonly otherAnswer: number
}

/** Undefined where no SYN was captured. Looks at the beginning only: up to the first data of the server. */
export function handshakeOf(segments: Segments): Handshake | undefined {
  const first = segments.find((i) => segments.isSyn(i) && segments.fromClient(i))
  if (first < 0) return undefined
  const isn = segments.seq(first)
  const syns: number[] = []
  const synAcks: number[] = []
  let final = -1
  let otherAnswer = -1
  for (let i = first; i < segments.count; i++) {
    if (segments.fromClient(i)) {
      if (segments.isSyn(i)) {
        if (segments.seq(i) === isn) syns.push(i)
      } else if (final < 0 && synAcks.length > 0 && !segments.isReset(i)) final = i
    } else if (segments.isSynAck(i)) synAcks.push(i)
    else if (synAcks.length === 0) {
      if (otherAnswer < 0) otherAnswer = i
    } else if (segments.length(i) > 0) break
  }
  return { segments, syns, synAcks, final, otherAnswer }
}

/** Handshakes to look at in order to tell where the capture was made. */
const SAMPLE = 40

/**
 * Where the capture point is between the ends of these conversations: near an end, its answers come at once, while those of the
 * other end take the whole way. `unknown` where that can't be told apart.
 */
export function captureSide(
  context: FindingContext,
  ids: Iterable<number>,
): 'client' | 'server' | 'middle' | 'unknown' {
  const toServer: number[] = []
  const toClient: number[] = []
  for (const id of ids) {
    const handshake = context.initialRtt(id) > 0 ? handshakeOf(context.segments(id)) : undefined
    if (!handshake || handshake.syns.length !== 1 || handshake.synAcks.length !== 1 || handshake.final < 0) continue
    const { segments, syns, synAcks, final } = handshake
    toServer.push(segments.time(synAcks[0]) - segments.time(syns[0]))
    toClient.push(segments.time(final) - segments.time(synAcks[0]))
    if (toServer.length === SAMPLE) break
  }
  const server = median(toServer)
  const client = median(toClient)
  if (!(server > 0) || !(client > 0)) return 'unknown'
  if (client > 2 * server) return 'server'
  if (server > 2 * client) return 'client'
  return 'middle'
}
