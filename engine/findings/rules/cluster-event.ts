import { clusterEvents, podName } from '../cluster-events.ts'
import type { Rule } from '../rule.ts'
import { nsText } from '../words.ts'

/** The cluster deleted, restarted or lost what was captured: said by its objects, which Hopscope watched meanwhile. */
export const clusterEvent: Rule = {
  kind: 'cluster-event',
  title: 'The cluster changed what was captured',
  severity: 'medium',
  thresholds: {},
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/',
  artefacts: {},
  yieldsTo: [],
  find({ tables }) {
    return tables.interfaces.flatMap((one) => {
      const events = clusterEvents(one)
      const [first] = events
      if (!first) return []
      const last = events.at(-1) ?? first
      return [
        {
          subject: `interface ${one.id}`,
          title: last.text.replace(/[:(,].*|\.$/s, '').trim(),
          sentence: events.map(({ time, text }) => `At ${nsText(Math.max(0, time))} of the capture: ${text}`).join(' '),
          why: 'The cluster said so of the pod or its node while it was captured; no packet shows it.',
          confidence: 1,
          since: Math.max(0, first.time),
          until: Math.max(0, last.time),
          count: events.length,
          blamed:
            'the cluster, or whoever told it to: a rollout, a scaling, a drain, a failing probe or a hand. A pod does not say who deleted it',
          evidence: [],
          settle: `The events of ${podName(one) ?? 'the node'} and of what owns it (kubectl get events, for an hour), and the API server's audit log.`,
          filter: `frame.interface_id == ${one.id}`,
        },
      ]
    })
  },
}
