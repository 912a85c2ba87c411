import { readdir, readlink } from 'node:fs/promises'

/** Whether `openFiles` can tell. */
export const seesOpenFiles = process.platform === 'linux'

/** How many files of that name this process holds open. */
export async function openFiles(name: string): Promise<number> {
  const names = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return names.filter((path) => path.endsWith(`/${name}`)).length
}
