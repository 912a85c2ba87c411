import { randomFillSync } from 'node:crypto'

// Frames of a WebSocket (RFC 6455, section 5), as a client reads and writes them.
//
//   [FIN, RSV1-3, opcode 4 bits][MASK, length 7 bits][length u16 | u64, big-endian][key u32 when masked][payload]

const CONTINUATION = 0x0
const TEXT = 0x1
export const BINARY = 0x2
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa

/** Longer frames are refused; those of API servers hold 32 KiB. */
const FRAME_LIMIT = 16 << 20
const CONTROL_LIMIT = 125

/** What came is not WebSocket. */
export class ProtocolError extends Error {
  /** What the server is told (section 7.4.1). */
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface FrameHandlers {
  /** A piece of a message: a view of the bytes that were pushed, empty only where it ends. `begins`, `ends`: the message does with it. */
  readonly data: (bytes: Buffer, begins: boolean, ends: boolean) => void
  /** A whole control frame: CLOSE, PING or PONG. */
  readonly control: (opcode: number, payload: Buffer) => void
}

/**
 * Cuts what a server sends into frames, in pieces of any size. Neither frames nor messages are put together: payload is handed on as it comes,
 * so that nothing is copied and no length that a server claims costs memory.
 */
export class FrameReader {
  readonly #handlers: FrameHandlers
  /** What is there of a frame's header or of a control frame. */
  readonly #held = Buffer.alloc(10 + CONTROL_LIMIT)
  #holding = 0
  /** Payload of a data frame that is still to come. */
  #left = 0
  #final = false
  #inMessage = false
  #begins = false
  #closed = false

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers
  }

  /** Throws ProtocolError; nothing is read after that, nor behind a close frame (section 5.5.1). */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#closed;) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left)
        at += piece.length
        this.#left -= piece.length
        this.#piece(piece, this.#final && this.#left === 0)
      } else {
        this.#held[this.#holding++] = bytes[at++] ?? 0
        this.#headed()
      }
    }
  }

  /** One byte more is held. */
  #headed(): void {
    const held = this.#held
    const [first = 0, second = 0] = held
    if (this.#holding < 2) return
    const opcode = first & 0xf
    if (this.#holding === 2) this.#check(first, second)
    const short = second & 0x7f
    if (opcode >= CLOSE) {
      if (this.#holding < 2 + short) return
      this.#holding = 0
      this.#closed = opcode === CLOSE
      this.#handlers.control(opcode, Buffer.from(held.subarray(2, 2 + short)))
      return
    }
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    if (this.#holding < header) return
    const length =
      header === 2 ? short : header === 4 ? held.readUInt16BE(2) : held.readUInt32BE(2) * 2 ** 32 + held.readUInt32BE(6)
    if (length > FRAME_LIMIT) throw new ProtocolError(1009, `a frame of ${length} bytes`)
    this.#holding = 0
    this.#left = length
    this.#final = first >= 0x80
    this.#begins ||= opcode !== CONTINUATION
    this.#inMessage = true
    if (length === 0 && this.#final) this.#piece(held.subarray(0, 0), true)
  }

  #piece(bytes: Buffer, ends: boolean): void {
    const begins = this.#begins
    this.#begins = false
    this.#inMessage = !ends
    this.#handlers.data(bytes, begins, ends)
  }

  #check(first: number, second: number): void {
    const opcode = first & 0xf
    if ((first & 0x70) !== 0) throw new ProtocolError(1002, 'a frame with bits of an extension that was not agreed on')
    if ((second & 0x80) !== 0) throw new ProtocolError(1002, 'a masked frame')
    if (opcode >= CLOSE) {
      if (opcode > PONG) throw new ProtocolError(1002, `a frame of the unknown kind ${opcode}`)
      if (first < 0x80) throw new ProtocolError(1002, 'a control frame in parts')
      if ((second & 0x7f) > CONTROL_LIMIT) throw new ProtocolError(1002, 'a control frame that is too long')
      return
    }
    if (opcode > BINARY) throw new ProtocolError(1002, `a frame of the unknown kind ${opcode}`)
    if (opcode === TEXT) throw new ProtocolError(1003, 'text')
    if ((opcode === CONTINUATION) !== this.#inMessage) {
      throw new ProtocolError(1002, this.#inMessage ? 'a message within another' : 'a message without a beginning')
    }
  }
}

/** A frame to the server, masked with a new key as all of a client's (section 5.3). */
export function clientFrame(opcode: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const header = length < 126 ? 2 : length < 0x10000 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + 4 + length)
  frame[0] = 0x80 | opcode
  if (header === 2) frame[1] = 0x80 | length
  else if (header === 4) {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 0x80 | 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  randomFillSync(frame, header, 4)
  let at = header + 4
  for (const part of parts) {
    frame.set(part, at)
    at += part.length
  }
  for (let index = 0; index < length; index++) {
    const place = header + 4 + index
    frame[place] = (frame[place] ?? 0) ^ (frame[header + (index & 3)] ?? 0)
  }
  return frame
}

/** The code and reason of a close frame; 1005 when it has none. Throws ProtocolError. */
export function closeReason(payload: Buffer): { readonly code: number; readonly reason: string } {
  if (payload.length === 0) return { code: 1005, reason: '' }
  if (payload.length === 1) throw new ProtocolError(1002, 'half a close code')
  const code = payload.readUInt16BE(0)
  // 1004 to 1006 and 1015 are never sent (section 7.4.1).
  const known = (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999)
  if (!known) throw new ProtocolError(1002, `the close code ${code}`)
  try {
    return { code, reason: new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2)) }
  } catch {
    throw new ProtocolError(1007, 'a reason that is not UTF-8')
  }
}
