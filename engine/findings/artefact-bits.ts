import type { ArtefactKind } from '../../common/model/finding.ts'

/** A bit for each artefact, in what is kept by conversation. */
export const ARTEFACT_BIT: Readonly<Record<ArtefactKind, number>> = {
  'capture-drops': 1,
  'captured-twice': 2,
  offload: 4,
  'mid-stream-start': 8,
  'cut-packets': 16,
  'clock-step': 32,
  'one-direction': 64,
}
