import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'

export interface SilentPoint {
  readonly point: CapturePointStatus
  /** BPF text of the capture. */
  readonly filter: string
  /** Packets that other points of the capture had meanwhile. */
  readonly elsewhere: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The capture container speaks more often, also when no packet comes. */
const UNHEARD_MS = 8000

/** Why no packet comes from a point: what can be, likeliest first, each a sentence with what to do. */
export function whySilent({ point, filter, elsewhere, now }: SilentPoint): readonly string[] {
  const { state, interface: on = 'the interface', rung, packets, pod } = point
  if (state === 'reconnecting') {
    return [
      'The connection to the container is cut and is being taken up again: packets meanwhile are kept there and will come.',
    ]
  }
  if (now - (point.heardAt ?? now) >= UNHEARD_MS) {
    return [
      'Nothing is heard from the capture container either, so whether packets pass is not known: the connection to the API server, or from there to the node, stands still. It is taken up again by itself; packets meanwhile are kept in the container as far as its ring holds them.',
    ]
  }
  const reasons: string[] = []
  if (filter.trim() !== '') {
    reasons.push(
      packets === 0
        ? `Nothing has passed the filter "${filter.trim()}" yet: the addresses or ports in it may be others here (a pod sees its own address, and a service's only before its node translates it).`
        : `Nothing passes the filter "${filter.trim()}" any more.`,
    )
  }
  if (elsewhere > 0) {
    reasons.push('Other points do see packets: this one is not on their way, or they are lost before it.')
  } else if (packets > 0) {
    reasons.push('There was traffic before: it may have ended, or the other side is away.')
  }
  if (rung === 'node-network') {
    reasons.push(
      `Only ${on} of the node is captured, without our own streams: what pods of one node say to each other does not pass it.`,
    )
  } else {
    reasons.push(
      `Only ${on} is captured: what the containers of ${pod ?? 'the pod'} say to each other goes over lo${on === 'lo' ? ', what comes from outside over eth0' : ''}.`,
    )
  }
  if (filter.trim() === '' && packets === 0 && elsewhere === 0) {
    reasons.push('Nobody may be talking: is the pod ready, is it behind a service that sends it anything?')
  }
  return reasons
}
