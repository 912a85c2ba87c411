// What lies at fixed places, so that addresses are constants: below the first one that the compiler may use (--memoryBase, 4096 bytes). Below 1024
// there are only zeros, which are read for records that were never written to.

/** The packet that is decoded: 64 words, then arrays; see Packet. */
export const PACKET: usize = 1024
/** Where the tables are, see memory.ts. */
export const DIRECTORY: usize = 2048
/** Free pieces of memory, see memory.ts. */
export const PIECES: usize = 3072
export const MOST_PIECES: i32 = 120
