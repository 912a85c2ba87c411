import type { RpcTransport } from 'capnweb'

/**
 * The contract's messages over anything that carries text: a WebSocket, a MessagePort of the page, one of Electron's main process.
 * Both ends use it, so there is one encoding whatever the door (JSON text: a port between processes clones its messages anyway).
 */
export class MessageTransport implements RpcTransport {
  readonly #carrier: Carrier
  readonly #received: string[] = []
  #waiting: PromiseWithResolvers<string> | undefined
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

  /** The carrier calls this with what arrives. Anything but text is a broken or hostile peer: the connection ends. */
  deliver(message: unknown): void {
    if (this.#ended) return
    if (typeof message !== 'string') {
      this.disconnect('The other end sent something that is not a message of the contract.')
      this.#carrier.close('not a message')
      return
    }
    this.heardAt = Date.now()
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

  send(message: string): void {
    if (this.#ended) throw this.#ended
    this.#carrier.send(message)
  }

  receive(): Promise<string> {
    const message = this.#received.shift()
    if (message !== undefined) return Promise.resolve(message)
    if (this.#ended) return Promise.reject(this.#ended)
    this.#waiting = Promise.withResolvers<string>()
    return this.#waiting.promise
  }

  abort(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason)
    this.disconnect(text)
    this.#carrier.close(text)
  }
}

export interface Carrier {
  send(message: string): void
  close(reason: string): void
}
