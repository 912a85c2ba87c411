import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { SampleName } from '../../common/contract.ts'
import type { Sample } from '../../common/contract.ts'
import { HostError } from '../../common/host-error.ts'
import { fileFailure } from '../file-errors.ts'

const SamplesFile = z.array(
  z.object({
    name: SampleName,
    // A name in the samples' folder, nothing that leads out of it.
    file: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]*$/)),
    title: z.string(),
    description: z.string(),
  }),
)

/** The built-in captures: files in one folder, listed in its samples.json. */
export class Samples {
  readonly #folder: string
  #read: Promise<z.infer<typeof SamplesFile>> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  async list(): Promise<Sample[]> {
    const samples = await this.#index()
    return Promise.all(
      samples.map(async ({ name, file, title, description }) => {
        const path = join(this.#folder, file)
        const { size } = await stat(path)
        return { name, title, description, path, size }
      }),
    )
  }

  /** Throws HostError not-found. */
  async path(name: string): Promise<string> {
    const sample = (await this.#index()).find((each) => each.name === name)
    if (!sample) throw new HostError('not-found', `There is no sample "${name}".`)
    return join(this.#folder, sample.file)
  }

  #index(): Promise<z.infer<typeof SamplesFile>> {
    this.#read ??= readIndex(join(this.#folder, 'samples.json'))
    return this.#read
  }
}

async function readIndex(path: string): Promise<z.infer<typeof SamplesFile>> {
  try {
    return SamplesFile.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw fileFailure(path, error)
  }
}
