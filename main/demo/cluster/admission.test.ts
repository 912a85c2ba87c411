import { describe, expect, it } from 'vitest'
import type { Pod } from '../../kubernetes/objects.ts'
import { validateNewPod } from './admission.ts'

const pod = (name: string): Pod => ({ metadata: { name }, spec: { containers: [{ name: 'web', image: 'nginx' }] } })

describe('a new pod', () => {
  it.each(['web', 'web-7d9f6c5b8-xk2lp', '0', 'web.v2', 'a'.repeat(253)])('may have the name %s', (name) => {
    expect(() => validateNewPod(pod(name))).not.toThrow()
  })

  it.each(['', 'Web', '-web', 'web-', 'web.', "web'; reboot; '", '$(reboot)', 'web\n', 'a'.repeat(254)])(
    'may not have the name "%s", as in Kubernetes',
    (name) => {
      expect(() => validateNewPod(pod(name))).toThrow(/metadata.name: Invalid value: .*RFC 1123 subdomain/)
    },
  )
})
