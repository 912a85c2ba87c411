// Numbers of the pcapng format (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html), for reader and writer.

export const BLOCK = {
  interfaceDescription: 0x0000_0001,
  /** Obsolete; enhanced packet blocks came in its place. */
  packet: 0x0000_0002,
  simplePacket: 0x0000_0003,
  nameResolution: 0x0000_0004,
  interfaceStatistics: 0x0000_0005,
  enhancedPacket: 0x0000_0006,
  systemdJournalExport: 0x0000_0009,
  decryptionSecrets: 0x0000_000a,
  /** Custom blocks: may be copied to another file, may not. */
  custom: 0x0000_0bad,
  customNotToCopy: 0x4000_0bad,
  /** The same in both byte orders. */
  sectionHeader: 0x0a0d_0d0a,
} as const

/** Events of sysdig, in six forms: no packets, but Wireshark numbers them as frames. */
export const SYSDIG_EVENTS: ReadonlySet<number> = new Set([0x204, 0x208, 0x216, 0x217, 0x221, 0x222])

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d

export const OPTION = {
  end: 0,
  comment: 1,
  section: { hardware: 2, os: 3, application: 4 },
  interface: {
    name: 2,
    description: 3,
    resolution: 9,
    filter: 11,
    os: 12,
    fcsLength: 13,
    offset: 14,
    hardware: 15,
  },
  packet: { flags: 2, dropCount: 4 },
  statistics: { start: 2, end: 3, received: 4, dropped: 5, filterAccepted: 6, osDropped: 7, delivered: 8 },
  customText: 2988,
  customBytes: 2989,
  customTextNotToCopy: 19372,
  customBytesNotToCopy: 19373,
} as const

/** Records of a name resolution block. */
export const NAME_RECORD = { end: 0, ipv4: 1, ipv6: 2, eui48: 3, eui64: 4 } as const

/** Of decryption secrets blocks; the numbers are four letters. */
export const SECRETS = new Map([
  [0x544c_534b, 'TLS'],
  [0x5353_484b, 'SSH'],
  [0x5747_4b4c, 'WireGuard'],
  [0x5a4e_574b, 'Zigbee network'],
  [0x5a41_5053, 'Zigbee APS'],
  [0x5541_4b4c, 'OPC UA'],
])

/** Lengths of options, names and packets are padded to this. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
