/** The kernel's tables, by their number in its directory (engine/kernel/memory.ts). The reader of each knows what it holds. */
export const TABLE = {
  /** Words, see COUNT; doubles, see TOTAL. */
  counts: 0,
  totals: 1,
  /** Addresses of the chunks of rows. */
  chunks: 2,
  /** ConversationTable: a column each, and the number of conversations of each transport. */
  network: 3,
  transport: 4,
  addressA: 5,
  addressB: 6,
  portA: 7,
  portB: 8,
  stream: 9,
  conversationRecords: 10,
  conversationSlots: 11,
  streams: 12,
  /** AddressTable. */
  addressBytes: 13,
  addressLengths: 14,
  addressSlots: 15,
  /** Stacks met a moment ago. */
  recentStacks: 16,
  /** TcpState. */
  directionPages: 18,
  recovery: 19,
  unackedSegments: 20,
  connectionSeen: 21,
  connectionSynRow: 22,
  connectionRttRow: 23,
  connectionTrouble: 24,
  troubleWords: 25,
  troubleLost: 26,
  lostTimeFrom: 27,
  lostTimeTo: 28,
  lostTimeOlder: 29,
  /** LabelCounts. */
  labelCounts: 17,
  /** SparseColumns: rows, first, second, and the count in a table of its own. */
  duplicateAcks: 30,
  retransmissions: 34,
  withoutLength: 38,
  emptyRecords: 42,
  echoes: 46,
  /** RoundTrips. */
  roundTripPages: 50,
  roundTripNodes: 51,
  /** What was listed of a chunk: RoundTrips.list. */
  roundTripPlaces: 67,
  roundTripTimes: 68,
  /** Verdicts: a column each, and the count. */
  verdictRow: 52,
  verdictVerdict: 53,
  verdictEvidence: 54,
  verdictNeed: 55,
  verdictOriginal: 56,
  verdictCost: 57,
  verdictCount: 58,
  verdictConversation: 66,
  /** HeadTable. */
  heads: 69,
  /** Of the judge, not read from outside. */
  senderPages: 59,
  sentWords: 60,
  needs: 61,
  hosts: 62,
  sightings: 63,
  sightingPlaces: 64,
  sightingHints: 65,
  resetSightings: 70,
} as const

export const TABLE_COUNT = 71

/** Words of TABLE.counts. */
export const COUNT = {
  rows: 0,
  cutPackets: 1,
  conversations: 2,
  addresses: 3,
  /** Of the packets that were cut, those with payload, and the row of the first. */
  cutPayloads: 4,
  firstCutPayload: 5,
  /** Bytes on the wire. */
  longestFrame: 6,
  /** One more than there are. */
  heads: 7,
} as const

/**
 * Doubles of TABLE.totals: bytes on the wire; the least and the latest time; where the last frame ended in the capture; by how much a time was
 * earlier than one before it, at most.
 */
export const TOTAL = { wireBytes: 0, firstTime: 1, lastTime: 2, end: 3, mostBack: 4 } as const

/** Records of connections lie in pages of so many; their table holds the pages' addresses. */
export const PAGE_RECORDS = 1024

/** Where bytes of captures lie that the kernel looks at. */
export const ROOM = { reading: 0, placed: 1 } as const
