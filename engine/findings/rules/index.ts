import type { Rule } from '../rule.ts'
import { acceptQueue } from './accept-queue.ts'
import { policyDrop } from './policy-drop.ts'
import { refused } from './refused.ts'
import { synLoss } from './syn-loss.ts'
import { tupleReuse } from './tuple-reuse.ts'

/** Every diagnosis, in the order in which they run: who yields to a kind comes after it. */
export const RULES: readonly Rule[] = [refused, tupleReuse, acceptQueue, policyDrop, synLoss]
