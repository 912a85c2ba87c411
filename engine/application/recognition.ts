// What the kernel (kernel/applications.ts) and Applications agree on.

/** What is known of a TCP connection whose payload was looked at. */
export const RECOGNITION = {
  /** It is no protocol's. */
  unknown: 0,
  /** It is too short to tell, and kept for the next one. */
  begun: 1,
  /** It is, and a decoder follows the connection. */
  followed: 2,
  /** Nothing more of the connection is wanted. */
  over: 3,
} as const

/** A payload shorter than that may be the beginning of something that the next one makes recognisable. */
export const SHORT_PAYLOAD = 16

export const DNS_PORT = 53
/** Multicast DNS; some cluster DNS pods serve ordinary DNS there. */
export const MDNS_PORT = 5353
export const REDIS_PORT = 6379
