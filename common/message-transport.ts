import type { RpcTransportWithCustomEncoding } from 'capnweb'
import { encodeMessage, FrameReader, type Frame } from './message-frames.ts'

/**
 * The contract's messages over anything that carries text and bytes: a WebSocket, a MessagePort of the page, one of Electron's main process.
 * Both ends use it, so there is one encoding whatever the door (a port between processes clones its messages anyway).
 */
export class MessageTransport implements RpcTransportWithCustomEncoding {
  /** Messages are trees of JSON's values and of byte arrays. */
  readonly encodingLevel = 'jsonCompatibleWithBytes'
  readonly #carrier: Carrier
  readonly #frames = new FrameReader()
  readonly #received: unknown[] = []
  #waiting: PromiseWithResolvers<unknown> | undefined
  #ended: Error | undefined
  /** Date.now() at the last message from the other end. */
  heardAt = Date.now()
  /** Told once when the line is gone, before outstanding calls fail. */
  onEnd: ((reason: Error) => void) | undefined

  constructor(carrier: Carrier) {
    this.#carrier = carrier
  }

  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** The carrier calls this with what arrives. Anything but our frames is from a broken or hostile peer: the connection ends. */
  deliver(frame: unknown): void {
    if (this.#ended) return
    let message: unknown
    try {
      message = this.#frames.read(frame)
    } catch {
      this.disconnect('The other end sent something that is not a message of the contract.')
      this.#carrier.close('not a message')
      return
    }
    this.heardAt = Date.now()
    if (message === undefined) return
    if (!this.#waiting) {
      this.#received.push(message)
      return
    }
    const { resolve } = this.#waiting
    this.#waiting = undefined
    resolve(message)
  }

  /** The carrier calls this when it is gone: outstanding and later calls fail with the reason, subscriptions end. */
  disconnect(reason: string): void {
    if (this.#ended) return
    this.#ended = Object.assign(new Error(reason), { code: 'unavailable' })
    this.onEnd?.(this.#ended)
    this.#waiting?.reject(this.#ended)
    this.#waiting = undefined
  }

  // Called by the RPC session:

  send(message: object): number {
    if (this.#ended) throw this.#ended
    const frames = encodeMessage(message)
    for (const frame of frames) this.#carrier.send(frame)
    return frames.reduce((size, { length }) => size + length, 0)
  }

  receive(): Promise<unknown> {
    if (this.#received.length > 0) return Promise.resolve(this.#received.shift())
    if (this.#ended) return Promise.reject(this.#ended)
    this.#waiting = Promise.withResolvers<unknown>()
    return this.#waiting.promise
  }

  abort(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason)
    this.disconnect(text)
    this.#carrier.close(text)
  }
}

export interface Carrier {
  send(frame: Frame): void
  close(reason: string): void
}
