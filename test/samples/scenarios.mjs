import idleResets from './scenarios/idle-resets.mjs'
import lossEpisode from './scenarios/loss-episode.mjs'

/** Every sample, in the order the app shows them. */
export const SCENARIOS = {
  'loss-episode': lossEpisode,
  'idle-resets': idleResets,
}
