import { HostError } from '../common/host-error.ts'

export function isFileError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Why a file operation failed: a sentence. */
export function whyFileFailed(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'There is no such file.'
    case 'EACCES':
    case 'EPERM':
      return 'Permission denied.'
    case 'ENOSPC':
      return 'The disk is full.'
    case 'EROFS':
      return 'The disk is read-only.'
    case 'EEXIST':
      return 'There is a file of that name.'
    case 'EISDIR':
      return 'It is a folder.'
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open.'
    default:
      return `${error instanceof Error ? error.message : String(error)}.`
  }
}

/** A failed operation on a file the person named. */
export function fileFailure(path: string, error: unknown): HostError {
  if (error instanceof HostError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const kind =
    code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP'
      ? 'not-found'
      : code === 'EACCES' || code === 'EPERM'
        ? 'permission-denied'
        : code === 'EMFILE' || code === 'ENFILE' || code === 'EIO' || code === 'ENODEV'
          ? 'unavailable'
          : 'internal'
  return new HostError(kind, `${path}: ${whyFileFailed(error)}`)
}
