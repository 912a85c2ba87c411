import { Kernel } from '../kernel.ts'
import { DecodedWords, type Packet } from './packet.ts'

let decoder: { readonly kernel: Kernel; readonly decoded: DecodedWords } | undefined

/** Bytes of which a copy lies where the kernel can read it, and its address of the first. */
let placed: { readonly bytes: Uint8Array; readonly address: number } | undefined

/**
 * Decodes the frame `bytes[at, at + capturedLength)`, which was `length` bytes on the wire, into `packet`: for those that look at single
 * frames. Never throws, and never reads outside the frame: what can't be decoded ends the layers, and `packet.error` says why.
 */
export function decodeFrame(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  capturedLength: number,
  length: number,
  linkType: number,
): void {
  decoder ??= makeDecoder()
  const { kernel, decoded } = decoder
  const address = placed?.bytes === bytes ? placed.address + at : kernel.place(bytes, at, at + capturedLength)
  kernel.call.decodeFrame(address, capturedLength, length, linkType)
  packet.read(decoded, bytes, address - at)
  packet.readLayers(decoded, address - at)
}

/** Frames of `bytes` that `work` decodes are copied to the kernel all at once, and not one by one. */
export function decodingIn(bytes: Uint8Array, work: () => void): void {
  decoder ??= makeDecoder()
  const room = decoder.kernel.readingRoom(bytes.length)
  room.set(bytes)
  placed = { bytes, address: room.byteOffset }
  try {
    work()
  } finally {
    placed = undefined
  }
}

/** An instance of the kernel that takes no capture. */
function makeDecoder() {
  const kernel = new Kernel({ lookUpStack: () => 0, application: () => 0 })
  return { kernel, decoded: new DecodedWords(kernel.memory.buffer, kernel.call.packetAddress()) }
}
