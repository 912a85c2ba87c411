import { Kernel } from '../../kernel.ts'
import { DecodedWords, type Packet } from '../packet.ts'

const kernel = new Kernel({ lookUpStack: () => 0, application: () => false })
const decoded = new DecodedWords(kernel.memory.buffer, kernel.call.packetAddress())

/** As decodeFrame, but with all of `bytes` around the frame in the kernel's memory: what is read there shows. */
export function decodeAmid(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  capturedLength: number,
  length: number,
  linkType: number,
): void {
  const address = kernel.place(bytes, 0, bytes.length)
  kernel.call.decodeFrame(address + at, capturedLength, length, linkType)
  packet.read(decoded, bytes, address)
  packet.readLayers(decoded, address)
}
