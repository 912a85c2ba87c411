import type { Label } from '../../../engine/engine.ts'
import { LABEL_NAMES } from '../../components/label-names.ts'

/** The labels as they are listed: LABEL_NAMES has one entry for each, worst first. */
export const LABELS = Object.keys(LABEL_NAMES).filter((name): name is Label => Object.hasOwn(LABEL_NAMES, name))
