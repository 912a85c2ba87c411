import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import { askCommand } from '../exec-stream.ts'
import type { CapturePlace } from './capture-place.ts'

/** Bytes of a segment: tcpdump counts in millions. Larger ones are more memory here, smaller ones more programs there. */
export const SEGMENT_MEGABYTES = 4

export interface TcpdumpOptions {
  readonly interface: string
  /** 0: whole packets. */
  readonly snapLength: number
  /** Free BPF text. */
  readonly filter: string
  readonly packetLimit?: number
}

/** White space becomes one blank: the text travels as one line. */
export const oneLine = (filter: string) => filter.replace(/\s+/g, ' ').trim()

/** Room for the largest super-packet that segmentation offload makes, with its Ethernet header and VLAN tags. */
const WHOLE_PACKET = 65_550

/**
 * KiB of the kernel's buffer. --immediate-mode gives each packet a slot of the snap length: with 262144, tcpdump's idea of whole packets,
 * libpcap's usual 2 MB are 8 slots, and the kernel drops.
 */
const bufferKibibytes = (snapLength: number) => (snapLength <= 2048 ? 16_384 : 65_536)

/** What captures: `--` so that no filter is taken for an option, -Z so that it needs no user of its own, -p for no promiscuous mode. */
export function tcpdumpCommand(enter: readonly string[], options: TcpdumpOptions): readonly string[] {
  const filter = oneLine(options.filter)
  const snapLength = options.snapLength === 0 ? WHOLE_PACKET : options.snapLength
  return [
    ...enter,
    'tcpdump',
    '-p',
    '-n',
    '-U',
    '--immediate-mode',
    '--time-stamp-precision=nano',
    '-Z',
    'root',
    '-B',
    String(bufferKibibytes(snapLength)),
    '-i',
    options.interface,
    '-s',
    String(snapLength),
    ...(options.packetLimit === undefined ? [] : ['-c', String(options.packetLimit)]),
    '-C',
    String(SEGMENT_MEGABYTES),
    '-w',
    'seg',
    '--',
    ...(filter === '' ? [] : [filter]),
  ]
}

export interface CaptureInterfaceFacts {
  readonly name: string
  readonly up: boolean
}

/** The interfaces that tcpdump sees there. */
export async function listInterfaces(
  connection: ApiConnection,
  place: CapturePlace,
): Promise<readonly CaptureInterfaceFacts[]> {
  const { stdout, stderr, end } = await askCommand(connection, { ...place, command: [...place.enter, 'tcpdump', '-D'] })
  if (end.exitCode !== 0) throw failed(stderr || end.status?.message || end.lost || '')
  return stdout.split('\n').flatMap((line) => {
    const [, name, flags = ''] = /^\d+\.(\S+)(.*)$/.exec(line) ?? []
    return name ? [{ name, up: flags.includes('Up') || flags.includes('Running') }] : []
  })
}

/** The interface that packets take to the world: a node's may have any name, and tcpdump lists bridges and tunnels before it. */
export async function chooseInterface(
  connection: ApiConnection,
  place: CapturePlace,
  interfaces: readonly CaptureInterfaceFacts[],
): Promise<string | undefined> {
  const command = [...place.enter, 'cat', '/proc/net/route', '/proc/net/ipv6_route']
  // Where there is no IPv6 one of the files is missing; what the other says counts.
  const { stdout } = await askCommand(connection, { ...place, command })
  return defaultInterface(interfaces, defaultRoute(stdout))
}

/** The device of the default route, by what /proc/net/route and /proc/net/ipv6_route say; the IPv4 route of the lowest metric first. */
export function defaultRoute(tables: string): string | undefined {
  const rows = tables.split('\n').map((line) => line.trim().split(/\s+/))
  // Iface Destination Gateway Flags RefCnt Use Metric Mask ...
  const v4 = rows.filter((row) => row.length === 11 && row[1] === '00000000' && row[7] === '00000000')
  const [first] = v4.toSorted((a, b) => Number(a[6]) - Number(b[6]))
  if (first) return first[0]
  // Destination, its prefix length, source, its prefix length, next hop, metric, references, use, flags, device.
  return rows.find(
    (row) => row.length === 10 && /^0{32}$/.test(row[0] ?? '') && row[1] === '00' && row[9] !== 'lo',
  )?.[9]
}

/** That of the default route; else eth0 where there is one, else the first that is up and is not loopback. */
export function defaultInterface(interfaces: readonly CaptureInterfaceFacts[], route?: string): string | undefined {
  const real = interfaces.filter(
    ({ name }) => name !== 'lo' && name !== 'any' && !/^(nflog|nfqueue|bluetooth|usbmon|dbus)/.test(name),
  )
  const named = (wanted: string | undefined) => real.find(({ name }) => name === wanted)
  return (named(route) ?? named('eth0') ?? real.find(({ up }) => up) ?? real[0])?.name
}

/** Lets tcpdump compile the filter there. Throws HostError 'invalid-argument' with its words. */
export async function checkFilter(
  connection: ApiConnection,
  place: CapturePlace,
  options: TcpdumpOptions,
): Promise<void> {
  const filter = oneLine(options.filter)
  const command = [...place.enter, 'tcpdump', '-d', '-p', '-i', options.interface, '--', filter]
  const { stderr, end } = await askCommand(connection, { ...place, command })
  if (end.exitCode === 0) return
  if (
    /syntax error|can't parse filter|unknown (host|port|network|protocol|expression)|expression rejects|illegal|parse/i.test(
      stderr,
    )
  ) {
    const words = stderr.replace(/^(Warning: .*\n)*tcpdump: /, '').trim()
    throw new HostError('invalid-argument', `tcpdump does not understand the filter "${filter}": ${words}`)
  }
  throw failed(stderr || end.status?.message || end.lost || '')
}

/** tcpdump's own words, with what to do where that is known. */
export function failed(words: string): HostError {
  const text = words.trim()
  if (/don't have permission|socket: Operation not permitted|CAP_NET_RAW/i.test(text)) {
    return new HostError(
      'permission-denied',
      `tcpdump may not capture in the container: it lacks NET_RAW. Runtimes like CRI-O do not give it by default. tcpdump says: ${text}`,
    )
  }
  if (/permission denied/i.test(text)) {
    return new HostError(
      'permission-denied',
      `A security profile on the node (AppArmor, SELinux or seccomp) keeps tcpdump from it: the node's audit log names the rule. It says: ${text}`,
    )
  }
  if (/executable file not found|not found$/.test(text)) {
    return new HostError(
      'unsupported',
      `The image lacks a program that capturing needs; nicolaka/netshoot has them all. It says: ${text}`,
    )
  }
  if (/No such device|doesn't exist/i.test(text)) {
    return new HostError('not-found', `There is no such interface. tcpdump says: ${text}`)
  }
  return new HostError('unavailable', text === '' ? 'tcpdump failed without a word.' : `tcpdump says: ${text}`)
}
