import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { whyNoNamespaces } from '../../demo/cluster/namespaces.ts'
import { FIND_PROCESS, script } from './pod-scripts.ts'

const ID = 'f00d'.repeat(16)

/** What the script says in a machine whose processes are these: by number, the control group and the numbers in their namespaces. */
function found(processes: Readonly<Record<number, readonly [group: string, namespaceIds: string]>>) {
  const files = Object.entries(processes).flatMap(([pid, [group, ids]]) => [pid, group, ids])
  const machine = `
mount -t tmpfs tmpfs /proc
while [ "$1" != -- ]; do
  mkdir "/proc/$1"
  printf '%s\\n' "$2" > "/proc/$1/cgroup"
  printf 'NSpid:\\t%s\\n' "$3" > "/proc/$1/status"
  shift 3
done
shift
exec "$@"`
  const command = ['sh', '-ec', machine, 'sh', ...files, '--', ...script(FIND_PROCESS, ID)]
  const { status, stdout } = spawnSync('unshare', ['--mount', ...command], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : status
}

const skipReason = whyNoNamespaces()

describe.skipIf(skipReason !== undefined)(
  `a container's process${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  () => {
    it.each([
      ['cgroup v1, cgroupfs', `9:pids:/kubepods/besteffort/pod1/${ID}\n0::/kubepods/besteffort/pod1/${ID}`],
      ['cgroup v2, systemd', `0::/kubepods.slice/kubepods-besteffort-pod1.slice/cri-containerd-${ID}.scope`],
      ['cgroup v2, from a group of its own', `0::/../../kubepods-pod1.slice/cri-containerd-${ID}.scope/init.scope`],
      ['CRI-O', `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`],
    ])('%s: its first process', (_how, group) => {
      const other = group.replaceAll(ID, 'beef'.repeat(16))
      expect(
        found({ 1: ['0::/init.scope', '1'], 30: [other, '30\t1'], 41: [group, '41\t9'], 42: [group, '42\t1'] }),
      ).toBe('42')
    })

    it("where pods share processes: one of the container, not CRI-O's conmon, which is in the node's network", () => {
      const conmon = `0::/system.slice/crio-conmon-${ID}.scope`
      const group = `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`
      expect(found({ 20: [conmon, '20'], 41: [group, '41\t7'] })).toBe('41')
      expect(found({ 20: [conmon, '20'] })).toBe(4)
    })
  },
)
