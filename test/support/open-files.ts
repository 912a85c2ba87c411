import { open, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { onTestFinished } from 'vitest'

/**
 * Tells how many of the files that this process asks `stat` of from now on, in this test, are still open; captures are asked as soon as they are open. Their
 * handles are held here, so that none is closed by garbage collection: only by who opened it.
 */
export async function countOpenFiles(): Promise<() => number> {
  const handles = new Set<FileHandle>()
  const any = await open(devNull)
  await any.close()
  const prototype: FileHandle = Object.getPrototypeOf(any)
  const stat: unknown = Reflect.get(prototype, 'stat')
  if (typeof stat !== 'function') throw new Error('stat is no method of file handles any more')
  const heard = function (this: FileHandle, ...options: unknown[]): unknown {
    handles.add(this)
    return Reflect.apply(stat, this, options)
  }
  Reflect.set(prototype, 'stat', heard)
  onTestFinished(() => void Reflect.set(prototype, 'stat', stat))
  return () => [...handles].filter(({ fd }) => fd !== -1).length
}
