import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/**
 * WireGuard has no port of its own, so its messages are recognised by their first four bytes (type, three zeros) and their lengths:
 * 1 handshake initiation 148, 2 handshake response 92, 3 cookie reply 64, 4 transport data at least 32 and a multiple of 16.
 */
export function isWireGuard(): bool {
  const at = packet.at
  if (at + 4 > packet.end || u8At(at + 1) !== 0 || u8At(at + 2) !== 0 || u8At(at + 3) !== 0) return false
  const length = packet.limit - at
  switch (u8At(at)) {
    case 1:
      return length === 148
    case 2:
      return length === 92
    case 3:
      return length === 64
    case 4:
      return length >= 32
    default:
      return false
  }
}
