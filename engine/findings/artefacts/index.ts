import type { ArtefactRule } from '../rule.ts'
import { captureDrops } from './capture-drops.ts'
import { capturedTwice } from './captured-twice.ts'
import { clockStep } from './clock-step.ts'
import { cutPackets } from './cut-packets.ts'
import { midStreamStart } from './mid-stream-start.ts'
import { offload } from './offload.ts'
import { oneDirection } from './one-direction.ts'

/** What is wrong with the capture itself. These run before all others. */
export const ARTEFACT_RULES: readonly ArtefactRule[] = [
  captureDrops,
  capturedTwice,
  offload,
  midStreamStart,
  oneDirection,
  cutPackets,
  clockStep,
]
