import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Control groups, for one reason: a debug pod finds a container's processes by its id in /proc/*/cgroup, as on a real node. They are the
// only thing the kernel does not take back by itself; the name says whose they are, and the next start removes what a dead one left.

const GROUPS = '/sys/fs/cgroup/unified/hopscope-test'

export function controlGroup(podUid: string, containerId: string, pid: number): string | undefined {
  const group = join(GROUPS, String(process.pid), `pod${podUid}`, `cri-containerd-${containerId}.scope`)
  try {
    mkdirSync(group, { recursive: true })
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
    return group
  } catch {
    // No control groups of version 2 here: the node's rung of the ladder can't be played, all else can.
    return undefined
  }
}

export function removeControlGroup(group: string): void {
  for (let folder = group; folder.startsWith(GROUPS); folder = join(folder, '..')) {
    try {
      rmdirSync(folder)
    } catch {
      return
    }
  }
}

export function sweepControlGroups(): void {
  try {
    for (const owner of readdirSync(GROUPS)) {
      if (isAlive(Number(owner))) continue
      for (const pod of readdirSync(join(GROUPS, owner))) {
        if (!pod.startsWith('pod')) continue
        for (const scope of readdirSync(join(GROUPS, owner, pod))) {
          if (scope.endsWith('.scope')) removeControlGroup(join(GROUPS, owner, pod, scope))
        }
      }
    }
  } catch {
    // Nothing was left.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
