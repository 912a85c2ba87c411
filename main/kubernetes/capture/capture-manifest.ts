import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod/mini'
import { HostError } from '../../../common/host-error.ts'
import { writeWhole } from './write-whole.ts'

// What FILE.parts/capture.json holds: all that is needed to go on after a crash, and no credentials.
const Manifest = z.object({
  version: z.literal(2),
  id: z.string(),
  context: z.string(),
  server: z.string(),
  startedAt: z.number(),
  stopping: z.boolean(),
  snapLength: z.number(),
  points: z.array(
    z.object({
      namespace: z.optional(z.string()),
      pod: z.optional(z.string()),
      node: z.string(),
      interface: z.string(),
      filter: z.string(),
      place: z.object({
        namespace: z.string(),
        pod: z.string(),
        container: z.string(),
        enter: z.array(z.string()),
        rung: z.enum(['ephemeral-container', 'ephemeral-container-net-raw', 'node-pod', 'node-network']),
      }),
      job: z.object({
        id: z.string(),
        command: z.array(z.string()),
        seconds: z.number(),
        segments: z.number(),
        leaseSeconds: z.number(),
        giveUpMs: z.number(),
      }),
    }),
  ),
})
export type Manifest = z.infer<typeof Manifest>
export type ManifestPoint = Manifest['points'][number]

/** Where the parts of a capture lie until it is whole. */
export const partsOf = (file: string) => `${file}.parts`
/** Of capture-journal.ts. */
export const journalOf = (file: string) => join(partsOf(file), 'journal')
const pathOf = (file: string) => join(partsOf(file), 'capture.json')

export async function writeManifest(file: string, manifest: Manifest): Promise<void> {
  const path = pathOf(file)
  await mkdir(dirname(path), { recursive: true })
  await writeWhole(path, JSON.stringify(manifest, undefined, 1))
}

/** What a crash left beside the file, of a capture in the cluster at `server`. Throws HostError not-found, and invalid-argument for another cluster. */
export async function interruptedManifest(file: string, server: string): Promise<Manifest> {
  const manifest = await readManifest(file)
  if (!manifest) throw new HostError('not-found', `Beside ${file} there are no parts of an interrupted capture.`)
  if (manifest.server !== server) {
    throw new HostError(
      'invalid-argument',
      `The interrupted capture is from the cluster at ${manifest.server} (context ${manifest.context}).`,
    )
  }
  return manifest
}

/** undefined when no interrupted capture lies beside the file. */
async function readManifest(file: string): Promise<Manifest | undefined> {
  try {
    return Manifest.safeParse(JSON.parse(await readFile(pathOf(file), 'utf8'))).data
  } catch {
    return undefined
  }
}
