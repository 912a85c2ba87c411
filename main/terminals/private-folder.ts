import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const OWNER = 'pid'

/** A folder that this user alone can look into; `remove` deletes it with all that is in it. */
export interface PrivateFolder {
  readonly path: string
  remove(): Promise<void>
}

/** Makes one, and removes those with the same prefix whose process was killed before it could. */
export async function makePrivateFolder(
  prefix: string,
  parent = process.env['XDG_RUNTIME_DIR'] || tmpdir(),
): Promise<PrivateFolder> {
  await removeAbandoned(prefix, parent)
  const path = await mkdtemp(join(parent, prefix))
  await writeFile(join(path, OWNER), String(process.pid), { mode: 0o600 })
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

async function removeAbandoned(prefix: string, parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const folder = join(parent, name)
    const pid = Number(await readFile(join(folder, OWNER), 'utf8').catch(() => ''))
    // Another user's folder can't be read and is left alone.
    if (pid > 0 && !isAlive(pid)) await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
