import clean from './scenarios/clean.mjs'
import * as databases from './scenarios/databases.mjs'
import dns5s from './scenarios/dns-5s.mjs'
import * as forRules from './scenarios/for-rules.mjs'
import * as forTests from './scenarios/for-tests.mjs'
import halfOpen from './scenarios/half-open.mjs'
import { handshakes } from './scenarios/handshakes.mjs'
import * as http2 from './scenarios/http2.mjs'
import idleResets from './scenarios/idle-resets.mjs'
import lossEpisode from './scenarios/loss-episode.mjs'
import mtuBlackhole from './scenarios/mtu-blackhole.mjs'
import refused from './scenarios/refused.mjs'
import * as serverTrouble from './scenarios/server-trouble.mjs'
import vxlanNodes from './scenarios/vxlan-nodes.mjs'
import zeroWindow from './scenarios/zero-window.mjs'

/** Every sample, in the order the app shows them. */
export const SCENARIOS = {
  'loss-episode': lossEpisode,
  'idle-resets': idleResets,
  'dns-5s': dns5s,
  'mtu-blackhole': mtuBlackhole,
  'zero-window': zeroWindow,
  'half-open': halfOpen,
  refused,
  'vxlan-nodes': vxlanNodes,
  clean,
}

/** What tests need besides. */
export const TEST_CAPTURES = {
  'syn-loss': forTests.synLoss,
  'policy-drop': forTests.policyDrop,
  'accept-queue': forTests.acceptQueue,
  'keep-alive-race': forTests.keepAliveRace,
  ndots: forTests.ndots,
  nagle: forTests.nagle,
  'frag-needed': forTests.fragNeeded,
  handshakes,
  http2: http2.http2,
  grpc: http2.grpc,
  redis: databases.redis,
  postgresql: databases.postgresql,
  mysql: databases.mysql,
  'duplicate-address': forRules.duplicateAddress,
  'conntrack-invalid': forRules.conntrackInvalid,
  'dns-black-hole': forRules.dnsBlackHole,
  'slow-server': serverTrouble.slowServer,
  'server-errors': serverTrouble.serverErrors,
  'standing-queue': forRules.standingQueue,
  'paused-server': serverTrouble.pausedServer,
}
