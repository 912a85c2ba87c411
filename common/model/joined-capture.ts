// A capture that a window puts together of others: the host keeps it in the library, as it decodes nothing itself.
//
// beginJoined says where it goes; its bytes follow as POSTs to `url`?at=N, each behind the one before; finishJoined makes it a capture.

/** A POST brings at most so much. */
export const MOST_JOINED_BYTES = 8 << 20

export interface JoinOrder {
  readonly title: string
  /** Names of the captures that are joined. */
  readonly from: readonly string[]
  /** It will take at least about so many. */
  readonly bytes: number
}

export interface JoinedPlace {
  readonly id: string
  /** For the data plane. */
  readonly url: string
}

/** What is known of it once it is whole. */
export interface JoinedFacts {
  readonly packets: number
  /** The points, as its interfaces are called. */
  readonly points: readonly string[]
  /** Milliseconds since 1970: its first packet and its last. */
  readonly startedAt: number
  readonly endedAt: number
  /** What is missing in it, and why. */
  readonly message?: string | undefined
}
