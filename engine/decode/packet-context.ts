import type { FramedProtocol } from '../application/stream-decoder.ts'
import type { Label } from '../tcp/labels.ts'

/** What is known of a packet beyond its bytes, for its details and its Info text. */
export interface PacketContext {
  /** Frame number, from 1. */
  readonly number: number
  /** Nanoseconds since 1970 of the capture's first frame. */
  readonly epochNs: bigint
  /** Nanoseconds since then. */
  readonly time: number
  /** Of the frame before it in the file. */
  readonly previousTime?: number
  readonly interfaceId?: number
  readonly interfaceName?: string
  /** Of the conversation in its transport: tcp.stream, udp.stream. */
  readonly stream?: number
  readonly tcp?: TcpContext
  /** What the client of the conversation's TLS asks for: for a hello that goes on in other packets. */
  readonly serverName?: string
  /** What the conversation carries, by what was seen up to the packet. */
  readonly carried?: FramedProtocol
  /** Of a response: the frame where its request began, and the nanoseconds since. */
  readonly answered?: { readonly frame: number; readonly ns: number }
}

/** What the TCP analysis knows of a segment. */
export interface TcpContext {
  /** The raw number that is shown as 0 for sequence numbers of the sender; undefined = show raw numbers. */
  readonly sequenceBase?: number
  /** The same for the acknowledgment number, that is the other direction's. */
  readonly acknowledgmentBase?: number
  /** The window after scaling. */
  readonly window?: number
  /** Shift count in use; -1 = the handshake was not seen, -2 = scaling is not used. */
  readonly windowShift?: number
  readonly labels: readonly Label[]
  /** With `duplicate_ack`: its number, from 1, and the frame it repeats. */
  readonly duplicateAck?: { readonly number: number; readonly frame: number }
  /** Frame of the segment that this one acknowledges, and the nanoseconds between them. */
  readonly acked?: { readonly frame: number; readonly rttNs: number }
  readonly initialRttNs?: number
  readonly bytesInFlight?: number
}
