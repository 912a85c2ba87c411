import { describe, expect, it } from 'vitest'
import { saidOnce } from './said-once.ts'

const ADVICE =
  'The namespace enforces a Pod Security level: a namespace that enforces "privileged" takes pods on nodes.'
const refused = (pod: string, ...demands: readonly string[]) =>
  `The cluster would refuse it: pods "${pod}" is forbidden: violates PodSecurity "restricted:latest": ${demands.join(', ')}.`
const root = (container: string) => `runAsUser=0 (container "${container}" must not set runAsUser=0)`
const seccomp = (container: string) =>
  `seccompProfile (pod or container "${container}" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
const adds = (capability: string) =>
  `non-default capabilities (container "a" must not include "${capability}" in securityContext.capabilities.add)`

describe('what a cluster has against each way of capturing', () => {
  it('is said in full where it is new, and then named', () => {
    expect(
      saidOnce([
        `${refused('web', root('a'))} ${ADVICE}`,
        `${refused('web', adds('NET_RAW'), root('a'))} ${ADVICE}`,
        `${refused('node', 'host namespaces (hostPID=true)', root('capture'), seccomp('capture'))} ${ADVICE}`,
      ]),
    ).toEqual([
      `${refused('web', root('a'))} ${ADVICE}`,
      refused('web', adds('NET_RAW'), 'runAsUser=0'),
      refused('node', 'host namespaces (hostPID=true)', 'runAsUser=0', seccomp('capture')),
    ])
  })

  it('is not the same where it asks for something else', () => {
    const refusals = [refused('web', adds('NET_RAW')), refused('web', adds('SYS_ADMIN')), 'dev may not create pods.']
    expect(saidOnce([...refusals, 'dev may not create pods.'])).toEqual([...refusals, 'dev may not create pods.'])
  })
})
