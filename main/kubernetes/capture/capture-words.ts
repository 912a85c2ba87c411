import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'
import type { Rung } from '../../../common/model/preflight.ts'

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

/** What the disk said, for the person. */
export function messageOf(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words: Readonly<Record<string, string>> = {
    ENOSPC: `The disk is full: ${file} holds what was captured until then.`,
    EDQUOT: `Your quota on the disk is used up: ${file} holds what was captured until then.`,
    EROFS: `${file} can't be written: the file system is read-only.`,
    EACCES: `${file} can't be written: no permission.`,
    EEXIST: `${file} is there already. Name another file, or use --force to overwrite it.`,
    ENOENT: `${file} can't be written: its folder does not exist.`,
    EISDIR: `${file} is a folder.`,
  }
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}
