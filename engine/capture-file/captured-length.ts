const STANDARD_MAXIMUM = 262_144
const HIGHEST_BELIEVED_SNAP_LENGTH = 16 * 1024 * 1024

/**
 * The most bytes a packet of this link type can have in a file; more means that what is read as a length is none. 256 KiB as in libpcap
 * and Wireshark, larger for the links that have larger packets and where the snap length says so (but not when that means "unlimited").
 */
export function maximumCapturedLength(linkType: number, snapLength: number): number {
  switch (linkType) {
    case 189: // USB as Linux has it
    case 220:
    case 231: // D-Bus
    case 249: // USBPcap
      return 128 * 1024 * 1024
    case 279: // EBHSCR, a high-speed recorder
      return 32 * 1024 * 1024
    default:
      return snapLength > STANDARD_MAXIMUM && snapLength <= HIGHEST_BELIEVED_SNAP_LENGTH ? snapLength : STANDARD_MAXIMUM
  }
}
