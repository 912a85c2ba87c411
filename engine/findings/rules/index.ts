import type { Rule } from '../rule.ts'
import { acceptQueue } from './accept-queue.ts'
import { arpUnanswered } from './arp-unanswered.ts'
import { clusterEvent } from './cluster-event.ts'
import { conntrackInvalid } from './conntrack-invalid.ts'
import { dnsBlackHole } from './dns-black-hole.ts'
import { dnsFailed } from './dns-failed.ts'
import { dnsNdots } from './dns-ndots.ts'
import { dnsRace } from './dns-race.ts'
import { dnsSlow } from './dns-slow.ts'
import { dnsTruncated } from './dns-truncated.ts'
import { dnsUnanswered } from './dns-unanswered.ts'
import { duplicateAddress } from './duplicate-address.ts'
import { fragmentationNeeded } from './fragmentation-needed.ts'
import { halfOpen } from './half-open.ts'
import { idleTimeout } from './idle-timeout.ts'
import { keepAliveRace } from './keep-alive-race.ts'
import { loss } from './loss.ts'
import { midStreamReset } from './mid-stream-reset.ts'
import { mtuBlackHole } from './mtu-black-hole.ts'
import { nagle } from './nagle.ts'
import { outage } from './outage.ts'
import { pathSlower } from './path-slower.ts'
import { policyDrop } from './policy-drop.ts'
import { refused } from './refused.ts'
import { rtoTail } from './rto-tail.ts'
import { serverErrors } from './server-errors.ts'
import { slowServer } from './slow-server.ts'
import { stall } from './stall.ts'
import { standingQueue } from './standing-queue.ts'
import { synLoss } from './syn-loss.ts'
import { tlsFailed } from './tls-failed.ts'
import { tupleReuse } from './tuple-reuse.ts'
import { zeroWindow } from './zero-window.ts'

/** Every diagnosis, in the order in which they run: who yields to a kind comes after it. */
export const RULES: readonly Rule[] = [
  refused,
  tupleReuse,
  fragmentationNeeded,
  mtuBlackHole,
  acceptQueue,
  halfOpen,
  conntrackInvalid,
  policyDrop,
  outage,
  synLoss,
  duplicateAddress,
  keepAliveRace,
  idleTimeout,
  midStreamReset,
  zeroWindow,
  nagle,
  stall,
  standingQueue,
  rtoTail,
  loss,
  pathSlower,
  arpUnanswered,
  dnsRace,
  dnsNdots,
  dnsBlackHole,
  dnsUnanswered,
  dnsFailed,
  dnsTruncated,
  dnsSlow,
  tlsFailed,
  serverErrors,
  slowServer,
  clusterEvent,
]
