import { realpath, rename, rm, stat } from 'node:fs/promises'
import { partsOf } from './capture-manifest.ts'

/** A file that is to be overwritten, with its parts if it is an interrupted capture, as FILE.before-ID until what takes its place has begun. */
export interface SetAside {
  /** What has taken its place did not begin: removes that, and all is as it was. */
  restore(): Promise<void>
  /** Gives it up. Never throws: what can't be removed stays where it is. */
  discard(): Promise<void>
}

/** Undefined where no file is there, or none that has content to lose (a device, a pipe). Throws what the disk says, with the file in its place. */
export async function setAside(file: string, id: string): Promise<SetAside | undefined> {
  const there = await orAbsent(stat(file))
  if (!there?.isFile()) return undefined
  const path = await realpath(file)
  const aside = `${path}.before-${id}`
  const names = [
    { path, aside },
    { path: partsOf(file), aside: partsOf(aside) },
  ]
  const putBack = async () => {
    for (const { path, aside } of names) await orAbsent(rename(aside, path))
  }
  try {
    for (const { path, aside } of names) await orAbsent(rename(path, aside))
  } catch (error) {
    await putBack()
    throw error
  }
  return {
    async restore() {
      for (const { path } of names) await rm(path, { recursive: true, force: true })
      await putBack()
    },
    async discard() {
      await Promise.allSettled(names.map(({ aside }) => rm(aside, { recursive: true, force: true })))
    },
  }
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
