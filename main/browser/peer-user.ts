import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/**
 * Whether who is at the other end of a loopback connection is the user that we are, or root. Where the system does not tell (only Linux does,
 * in proc_net_tcp(5)) nobody is accused.
 */
export async function isOurUser({ localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>): Promise<boolean> {
  const own = process.getuid?.()
  if (own === undefined || localPort === undefined || remotePort === undefined) return true
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  for (const line of tables.join('\n').split('\n')) {
    // Of both ends of it, that which is not ours.
    const [, local = '', remote = '', , , , , user] = line.trim().split(/\s+/)
    if (local.endsWith(`:${hex(remotePort)}`) && remote.endsWith(`:${hex(localPort)}`))
      return user === '0' || user === String(own)
  }
  return true
}
