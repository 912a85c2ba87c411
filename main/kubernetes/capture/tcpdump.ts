import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import { runCommand } from '../exec-stream.ts'
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

/**
 * What would otherwise be captured of ourselves on a node's network: the kubelet's streams, those to the API server, and on `any` the
 * kubelet's to the container runtime, which are on loopback.
 */
export function withoutOurTraffic(filter: string, apiServer: string | undefined, on: string): string {
  const streams = ['tcp port 10250', ...(apiServer ? [`host ${apiServer}`] : [])]
  const loopback = on === 'any' ? ['net 127.0.0.0/8', 'ip6 host ::1'] : []
  const own = [...streams, ...loopback].map((one) => `(${one})`).join(' or ')
  const text = oneLine(filter)
  return text === '' ? `not (${own})` : `(${text}) and not (${own})`
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
  const { stdout, stderr, end } = await runCommand(connection, { ...place, command: [...place.enter, 'tcpdump', '-D'] })
  if (end.exitCode !== 0) throw failed(stderr || end.status?.message || end.lost || '')
  return stdout.split('\n').flatMap((line) => {
    const [, name, flags = ''] = /^\d+\.(\S+)(.*)$/.exec(line) ?? []
    return name ? [{ name, up: flags.includes('Up') || flags.includes('Running') }] : []
  })
}

/** The pod's own interface: eth0 where there is one, else the first that is up and is not loopback. */
export function defaultInterface(interfaces: readonly CaptureInterfaceFacts[]): string | undefined {
  const real = interfaces.filter(
    ({ name }) => name !== 'lo' && name !== 'any' && !/^(nflog|nfqueue|bluetooth|usbmon|dbus)/.test(name),
  )
  return (real.find(({ name }) => name === 'eth0') ?? real.find(({ up }) => up) ?? real[0])?.name
}

/** Lets tcpdump compile the filter there. Throws HostError 'invalid-argument' with its words. */
export async function checkFilter(
  connection: ApiConnection,
  place: CapturePlace,
  options: TcpdumpOptions,
): Promise<void> {
  const filter = oneLine(options.filter)
  const command = [...place.enter, 'tcpdump', '-d', '-p', '-i', options.interface, '--', filter]
  const { stderr, end } = await runCommand(connection, { ...place, command })
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
