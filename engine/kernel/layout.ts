// Below 1024 there are only zeros. What lies below the first address that the compiler may use (--memoryBase): at fixed places, so that addresses are constants.

/** The packet that is decoded: 64 words, then arrays; see Packet. */
export const PACKET: usize = 1024
/** Where the tables are, see memory.ts. */
export const DIRECTORY: usize = 2048
/** Free pieces of memory, see memory.ts. */
export const PIECES: usize = 3072
export const MOST_PIECES: i32 = 120
