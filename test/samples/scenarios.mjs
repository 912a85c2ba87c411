import clean from './scenarios/clean.mjs'
import dns5s from './scenarios/dns-5s.mjs'
import halfOpen from './scenarios/half-open.mjs'
import idleResets from './scenarios/idle-resets.mjs'
import lossEpisode from './scenarios/loss-episode.mjs'
import mtuBlackhole from './scenarios/mtu-blackhole.mjs'
import refused from './scenarios/refused.mjs'
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
