import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'
import { HostError } from '../../../common/host-error.ts'
import type { Rung, RungVerdict } from '../../../common/model/preflight.ts'

/** For a person in Wireshark's list of interfaces, and for us: one `name=value` after the other. */
export function describe(status: CapturePointStatus): string {
  const rungs: Readonly<Record<Rung, string>> = {
    'ephemeral-container': 'pod',
    'ephemeral-container-net-raw': 'pod',
    'node-pod': 'pod',
    'node-network': 'node',
  }
  const pod = status.pod ? [`pod=${status.pod}`, `namespace=${status.namespace}`] : []
  return [
    ...pod,
    `node=${status.node}`,
    `interface=${status.interface}`,
    `role=${status.rung ? rungs[status.rung] : 'pod'}`,
  ].join(' ')
}

/** What to do next where pods may still hold packets. */
export const GO_ON =
  'go on with it within ten minutes (under Captures, or with --resume): so long pods keep what is not in the file.'

/** Of a capture whose host ended before all was fetched. */
export const leftError = (file: string) =>
  new HostError(
    'unavailable',
    `Hopscope ended before all was fetched. ${file} holds what was captured until then: ${GO_ON}`,
  )

/** What the disk said, for the person; `begun`: the file is there, and what is not in it yet may still be in the pods. */
export function messageOf(error: unknown, file: string, begun: boolean): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const full = begun
    ? `${file} holds what was captured until then. Make room and ${GO_ON}`
    : `${file} can't be written. Make room, or name another folder.`
  const words: Readonly<Record<string, string>> = {
    ENOSPC: `The disk is full: ${full}`,
    EDQUOT: `Your quota on the disk is used up: ${full}`,
    EFBIG: `The file has become as large as its file system, or a limit of this process (ulimit -f), allows: ${file} holds what was captured until then. Name a file on another disk.`,
    EIO: `The disk failed, or was taken away, as ${file} was written: what is there of it may be cut.`,
    EROFS: `${file} can't be written: the file system is read-only. Name a file on another one.`,
    EACCES: `${file} can't be written: no permission. Name a file where you may write.`,
    EEXIST: `${file} is there already. Name another file, or use --force to overwrite it.`,
    ENOENT: `${file} can't be written: its folder does not exist.`,
    EISDIR: `${file} is a folder: name a file in it.`,
  }
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}

/** Why the stream from a container ended before the capture did, while it is asked for again. */
export function cutText(cut: string): string {
  const why = /error dialing backend|:10250\b/.test(cut)
    ? `The API server does not reach the kubelet of its node: is the node up? It says: ${cut}.`
    : `The connection to the capture container was cut: ${cut}.`
  return `${why.replace(/\.\.$/, '.')} It is taken up again; while its container runs, packets are kept there as far as its ring holds them.`
}

/** What could not be removed after a capture, and what to do about it. */
export function leftBehindText({ namespace, pod }: { namespace: string; pod: string }, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  return (
    `The pod that was made for it, ${namespace}/${pod}, could not be removed: ${why.replace(/\.?$/, '.')} What runs in it ends by itself within ` +
    `ten minutes. Remove it under Left behind, with "hopscope sweep", or with kubectl -n ${namespace} delete pod ${pod}.`
  )
}

/** Which pod or node a point is at. */
export const pointText = ({ namespace, pod, node }: CapturePointStatus): string =>
  pod === undefined ? `node ${node}` : `${namespace}/${pod}`

/** Why no way is open, and which rules would open the least privileged that lacks nothing else. */
export function noWayText(rungs: readonly RungVerdict[]): string {
  const why = new Set(rungs.map(({ sentence }) => `\n- ${sentence}`))
  const lacking = rungs.find(({ rbacRule }) => rbacRule !== undefined)
  const where = lacking?.missing[0]?.namespace
  const help = lacking
    ? `\nA Role in namespace ${where} with these rules would help:\n${lacking.rbacRule?.trimEnd()}`
    : ''
  return `There is no way to capture here:${[...why].join('')}${help}`
}

/** Why none of the points can be captured. */
export function allFailedText(points: readonly CapturePointStatus[]): string {
  if (points.length === 1) return points[0]?.message ?? ''
  const lines = points.map(({ pod, node, message, state }) => `- ${pod ?? node}: ${message ?? state}`)
  return `None of the points can be captured:\n${lines.join('\n')}`
}

/** Why the points that lack something do, each by its name where there are others. */
export function lackingText(lacking: readonly CapturePointStatus[], points: number): string | undefined {
  const [first, ...more] = lacking.filter(({ message }) => message !== undefined)
  if (!first) return undefined
  if (points === 1) return first.message
  const others = more.length === 0 ? '' : ` The same or other trouble at ${more.map(pointText).join(', ')}.`
  return `${pointText(first)}: ${first.message}${others}`
}

const LONGEST_LINE = 1000

/** On one line that a person still reads: conditions of pods and nodes hold anybody's words, and a pcapng option ends at 64 KiB. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line
}
