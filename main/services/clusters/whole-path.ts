import { homedir } from 'node:os'
import path, { type PlatformPath } from 'node:path'
import { HostError } from '../../../common/host-error.ts'

/** A path as in a shell, where paths are copied from: `~` is the person's folder. Throws HostError invalid-argument when it is no whole one. */
export function wholePath(text: string, paths: PlatformPath = path, home = homedir()): string {
  const isHome = text === '~' || text.startsWith('~/') || text.startsWith(`~${paths.sep}`)
  const whole = isHome ? `${home}${text.slice(1)}` : text
  if (paths.isAbsolute(whole)) return paths.normalize(whole)
  const begins = paths.sep === '\\' ? 'a drive, as C:\\, or with ~\\' : '/ or ~/'
  throw new HostError('invalid-argument', `"${text}" is no whole path: it begins with ${begins}.`)
}
