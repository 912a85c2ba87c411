import fc from 'fast-check'
import { fieldCatalog } from '../../engine/query/filter/field-catalog.ts'
import { applicationCase, checkApplication, checkExchanges, damagedPayload } from './application-bytes.ts'
import { type Campaign, generatedCampaign, mutationCampaign } from './campaign.ts'
import { pcapngFile } from './capture-blocks.ts'
import { checkDetails } from './check-details.ts'
import { checkRandomFilter, subjectOf } from './check-filter.ts'
import { checkFile } from './check-file.ts'
import { checkFrame } from './check-frame.ts'
import { type Frame, frames, smallFiles } from './corpus.ts'
import { randomFilter } from './filters.ts'
import { mutate } from './mutate.ts'
import { frame } from './packets.ts'
import { Random } from './random.ts'
import { bytesOfTalk, checkTalk, damagedTalk, realTalks } from './talks.ts'

// Every link type with a decoder, some without, and some that do not exist.
const LINK_TYPES = [
  0, 1, 6, 7, 8, 9, 10, 12, 14, 50, 51, 99, 101, 104, 105, 107, 108, 113, 117, 119, 127, 129, 140, 149, 163,
]
const MORE_LINK_TYPES = [192, 195, 199, 220, 226, 228, 229, 239, 242, 249, 253, 258, 264, 271, 276, 291, 9999]

const frameCorpus = (): Frame[] => [...frames(2500), ...fc.sample(frame, { seed: 1, numRuns: 2500 })]

function damagedFrame(corpus: readonly Frame[], random: Random): Frame {
  const { bytes, linkType, length } = random.pick(corpus)
  const damaged = random.once(12) ? bytes : mutate(random, bytes, random.pick(corpus).bytes)
  return {
    bytes: random.once(4) ? damaged.slice(0, random.below(damaged.length + 1)) : damaged,
    linkType: random.once(6) ? random.pick(random.once(2) ? LINK_TYPES : MORE_LINK_TYPES) : linkType,
    length: random.once(3) ? random.pick([length, 0, damaged.length, damaged.length + 1, 0xffff_ffff]) : damaged.length,
  }
}

/** In the order of what finds most. */
export const CAMPAIGNS: readonly Campaign[] = [
  mutationCampaign('damaged frames', 0.366, () => {
    const corpus = frameCorpus()
    return {
      input: (random) => damagedFrame(corpus, random),
      check: checkFrame,
      bytes: ({ bytes }) => bytes,
    }
  }),
  generatedCampaign(
    'generated frames',
    0.25,
    () => frame,
    checkFrame,
    ({ bytes }) => bytes,
  ),
  mutationCampaign('details of damaged frames', 0.15, () => {
    const corpus = frameCorpus()
    return {
      input: (random) => damagedFrame(corpus, random),
      check: checkDetails,
      bytes: ({ bytes }) => bytes,
    }
  }),
  mutationCampaign('display filters', 0.07, () => {
    const catalog = fieldCatalog()
    const names = [...catalog.keys(), 'no.such.field', 'tcp.prot']
    const subject = subjectOf(frameCorpus().filter((_, index) => index % 9 === 0))
    return {
      input: (random) => randomFilter(random, catalog, names),
      check: (text, random) => checkRandomFilter(text, catalog, subject, random),
      bytes: (text) => new TextEncoder().encode(text),
    }
  }),
  mutationCampaign('damaged files', 0.08, () => {
    const corpus = smallFiles()
    return {
      input: (random) =>
        random.once(20) ? random.pick(corpus) : mutate(random, random.pick(corpus), random.pick(corpus)),
      check: checkFile,
      bytes: (file) => file,
    }
  }),
  mutationCampaign('damaged conversations', 0.025, () => {
    const talks = realTalks()
    return {
      input: (random) => damagedTalk(talks, random),
      check: checkTalk,
      bytes: bytesOfTalk,
    }
  }),
  mutationCampaign('application bytes', 0.025, () => ({
    input: applicationCase,
    check: checkApplication,
    bytes: ({ client, server }) => Uint8Array.from([...client, ...server]),
  })),
  mutationCampaign('exchanges of damaged captures', 0.004, () => ({
    input: damagedPayload,
    check: checkExchanges,
    bytes: (file) => file,
  })),
  generatedCampaign(
    'generated pcapng files',
    0.03,
    () => fc.tuple(pcapngFile, fc.nat()),
    ([file, seed]) => checkFile(file, new Random(seed)),
    ([file]) => file,
  ),
]
