import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** An HTTP proxy on loopback through which a cluster is reached, and which breaks connections on command. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string
  readonly link: Link
  /** Breaks all that are open; how many there were. */
  cut(): number
}

/** What the way through the proxy is like from now on. */
interface Link {
  /** From the cluster, for each connection. */
  bytesPerSecond: number
  /** From the cluster: a connection is broken once it has carried so many. */
  mostBytes: number
  /** In each direction. */
  delayMs: number
  /** Nothing passes, in either direction, and no connection is refused. */
  stalled: boolean
}

const PIECE_BYTES = 4096

async function carry(from: Duplex, to: Duplex, link: Link, slow: boolean): Promise<void> {
  let carried = 0
  for await (const bytes of from) {
    if (!Buffer.isBuffer(bytes)) continue
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      while (link.stalled) await sleep(20)
      if (slow && link.bytesPerSecond < Infinity) await sleep((piece.length / link.bytesPerSecond) * 1000)
      if (to.destroyed) return
      carried += piece.length
      if (slow && carried > link.mostBytes) {
        to.destroy()
        return
      }
      if (link.delayMs > 0) setTimeout(() => to.write(piece), link.delayMs)
      else if (!to.write(piece)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve))
    }
  }
  await sleep(link.delayMs)
  to.end()
}

export async function cuttingProxy(): Promise<CuttingProxy> {
  const link: Link = { bytesPerSecond: Infinity, mostBytes: Infinity, delayMs: 0, stalled: false }
  const open = new Set<Duplex>()
  const keep = (socket: Duplex) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
  }
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, socket, head) => {
    const { hostname, port } = new URL(`http://${request.url}`)
    const onward = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      void carry(onward, socket, link, true).catch(() => undefined)
      void carry(socket, onward, link, false).catch(() => undefined)
    })
    keep(socket)
    keep(onward)
    onward.once('close', () => setTimeout(() => socket.destroy(), link.delayMs))
    socket.once('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port }: AddressInfo = Object(server.address())
  const cut = () => {
    const count = open.size / 2
    for (const socket of open) socket.destroy()
    return count
  }
  return {
    url: `http://127.0.0.1:${port}`,
    link,
    cut,
    async [Symbol.asyncDispose]() {
      link.stalled = false
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
  }
}
