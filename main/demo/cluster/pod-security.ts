import type { Container, PodSpec, SecurityContext } from '../../kubernetes/objects.ts'

// The Pod Security Standards, as the admission plugin of 1.36 applies and words them.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/

export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted'

const BASELINE_CAPABILITIES = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]

/** What the pod violates: `violates PodSecurity "baseline:latest": ...`, or undefined. */
export function podSecurityViolation(level: PodSecurityLevel, spec: PodSpec): string | undefined {
  if (level === 'privileged') return undefined
  const found = [...baseline(spec), ...(level === 'restricted' ? restricted(spec) : [])]
  if (found.length === 0) return undefined
  return `violates PodSecurity "${level}:latest": ${found.join(', ')}`
}

function baseline(spec: PodSpec): string[] {
  const all = containersOf(spec)
  const found: string[] = []
  const hosts = [spec.hostNetwork && 'hostNetwork=true', spec.hostPID && 'hostPID=true', spec.hostIPC && 'hostIPC=true']
  const used = hosts.filter(Boolean)
  if (used.length > 0) found.push(`host namespaces (${used.join(', ')})`)
  const paths = (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name)
  if (paths.length > 0) found.push(`hostPath volumes (${plural('volume', paths)})`)
  const added = all.filter((one) => extraCapabilities(one).length > 0)
  if (added.length > 0) {
    const capabilities = [...new Set(added.flatMap(extraCapabilities))].sort().map((name) => `"${name}"`)
    const which = plural('container', names(added))
    found.push(
      `non-default capabilities (${which} must not include ${capabilities.join(', ')} in securityContext.capabilities.add)`,
    )
  }
  const privileged = all.filter((one) => one.securityContext?.privileged === true)
  if (privileged.length > 0) {
    found.push(`privileged (${plural('container', names(privileged))} must not set securityContext.privileged=true)`)
  }
  return found
}

function restricted(spec: PodSpec): string[] {
  const all = containersOf(spec)
  const found: string[] = []
  const rule = (title: string, wrong: readonly Container[], words: string, who = 'container') => {
    if (wrong.length > 0)
      found.push(`${title} (${who === 'container' ? '' : who}${plural('container', names(wrong))} ${words})`)
  }
  const context = (one: Container): SecurityContext => one.securityContext ?? {}
  rule(
    'allowPrivilegeEscalation != false',
    all.filter((one) => context(one).allowPrivilegeEscalation !== false),
    'must set securityContext.allowPrivilegeEscalation=false',
  )
  rule(
    'unrestricted capabilities',
    all.filter((one) => !(context(one).capabilities?.drop ?? []).includes('ALL')),
    'must set securityContext.capabilities.drop=["ALL"]',
  )
  rule(
    'runAsNonRoot != true',
    all.filter((one) => (context(one).runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true),
    'must set securityContext.runAsNonRoot=true',
    'pod or ',
  )
  rule(
    'runAsUser=0',
    all.filter((one) => context(one).runAsUser === 0),
    'must not set runAsUser=0',
  )
  rule(
    'seccompProfile',
    all.filter((one) => (context(one).seccompProfile ?? spec.securityContext?.seccompProfile) === undefined),
    'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
    'pod or ',
  )
  return found
}

const containersOf = (spec: PodSpec): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
]
const extraCapabilities = (one: Container) =>
  (one.securityContext?.capabilities?.add ?? []).filter((name) => !BASELINE_CAPABILITIES.includes(name))
const names = (containers: readonly Container[]) => containers.map(({ name }) => name)
const plural = (noun: string, all: readonly string[]) =>
  `${noun}${all.length > 1 ? 's' : ''} ${all.map((name) => `"${name}"`).join(', ')}`
