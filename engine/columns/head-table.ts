import type { Kernel } from '../kernel.ts'
import { COUNT, TABLE } from '../kernel-tables.ts'

/** A head: where its parts are, in bytes, and what they hold. See kernel/columns/heads.ts. */
export const HEAD = {
  bytes: 40,
  /** Bytes in front of the IP header, what the payload may be, LINKTYPE_ value, TCP's options, bytes of its header, and the first bytes of the frame. */
  link: 0,
  payload: 1,
  linkType: 2,
  options: 4,
  tcpHeader: 5,
  frame: 6,
  /** So many in front of the IP header at most, ... */
  mostLink: 22,
  /** ... and so many of it. */
  ipv4: 10,
  ipv6: 8,
  /** As many as there can be. */
  most: 0xffff,
  // What a TCP segment's payload may begin with, or which options it has; of another packet's nothing is said.
  other: 0,
  http: 1,
  tls: 2,
  none: 3,
  timestamps: 4,
  /** Options without whole timestamps; so much, and where among a TCP header's bytes the option begins: with timestamps, among others. */
  unstamped: 5,
  stamped: 64,
} as const

/** Where headers begin in the frames of a head, in bytes from the frame's first; -1: there is no such header. */
export interface HeadPlaces {
  readonly ip: number
  readonly ipv6: number
  readonly tcp: number
  readonly udp: number
}

const IPV4_HEADER = 20
const IPV6_HEADER = 40
const TCP = 6

/** An IPv6 header, and a TCP header behind it. */
const BEHIND_LINK = 60

/** The dictionary of heads, number 0 being none: the same for packets whose frames begin the same. */
export class HeadTable {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** One more than the highest number; 0 where no heads are kept. */
  get count(): number {
    return this.#kernel.words(TABLE.counts)[COUNT.heads]
  }

  /** What payload a packet with the head may have, see HEAD. */
  payload(head: number): number {
    return this.#record(head)[HEAD.payload]
  }

  /** Which TCP options a packet with the head may have, see HEAD. */
  options(head: number): number {
    return this.#record(head)[HEAD.options]
  }

  /** Bytes of a TCP header with its options, as it says itself; 0 where it does not, or is another's. */
  tcpHeader(head: number): number {
    return this.#record(head)[HEAD.tcpHeader]
  }

  places(head: number): HeadPlaces {
    const record = this.#record(head)
    const link = record[HEAD.link]
    const at = HEAD.frame + link
    const isIpv4 = record[at] >>> 4 === 4
    const transport = link + (isIpv4 ? IPV4_HEADER : IPV6_HEADER)
    const isTcp = record[at + (isIpv4 ? 9 : 6)] === TCP
    return {
      ip: isIpv4 ? link : -1,
      ipv6: isIpv4 ? -1 : link,
      tcp: isTcp ? transport : -1,
      udp: isTcp ? -1 : transport,
    }
  }

  linkType(head: number): number {
    const record = this.#record(head)
    return record[HEAD.linkType] | (record[HEAD.linkType + 1] << 8)
  }

  /** A frame that begins with it, and goes on with zeros. */
  frame(head: number): Uint8Array {
    const record = this.#record(head)
    const frame = new Uint8Array(record[HEAD.link] + BEHIND_LINK)
    frame.set(record.subarray(HEAD.frame, Math.min(HEAD.bytes, HEAD.frame + frame.length)))
    return frame
  }

  #record(head: number): Uint8Array {
    return this.#kernel.bytes(TABLE.heads).subarray(head * HEAD.bytes, (head + 1) * HEAD.bytes)
  }
}
