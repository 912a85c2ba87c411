import { EventEmitter } from 'node:events'

/**
 * A stand-in for Electron's MessagePortMain with what matters of it: an EventEmitter, messages wrapped in an event, delivered later and as
 * clones, nothing before start(), no transfer of ArrayBuffers, 'close' at the other end.
 */
class PortMain extends EventEmitter {
  #other: PortMain | undefined
  #started = false
  #closed = false
  readonly #queue: unknown[] = []

  join(other: PortMain): void {
    this.#other = other
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new TypeError('Only ports can be transferred.')
    const clone: unknown = structuredClone(message)
    const other = this.#other
    if (!this.#closed && other) setImmediate(() => other.#receive(clone))
  }

  start(): void {
    this.#started = true
    for (const message of this.#queue.splice(0)) this.#receive(message)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    const other = this.#other
    setImmediate(() => {
      this.emit('close')
      other?.close()
    })
  }

  #receive(data: unknown): void {
    if (this.#closed) return
    if (this.#started) this.emit('message', { data, ports: [] })
    else this.#queue.push(data)
  }
}

export function messageChannelMain(): { readonly port1: PortMain; readonly port2: PortMain } {
  const port1 = new PortMain()
  const port2 = new PortMain()
  port1.join(port2)
  port2.join(port1)
  return { port1, port2 }
}
