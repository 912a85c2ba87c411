import { posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wholePath } from './whole-path.ts'

describe('a path that somebody typed', () => {
  it.each([
    ['/etc/kube/config', '/etc/kube/config'],
    ['~', '/home/$&'],
    ['~/.kube//config', '/home/$&/.kube/config'],
    ['/~/x', '/~/x'],
  ])('%s is whole as %s', (text, whole) => {
    expect(wholePath(text, posix, '/home/$&')).toBe(whole)
  })

  it.each([
    ['C:\\kube\\config', 'C:\\kube\\config'],
    ['\\\\server\\share\\config', '\\\\server\\share\\config'],
    ['~\\.kube\\config', 'C:\\Users\\me\\.kube\\config'],
    ['~/.kube/config', 'C:\\Users\\me\\.kube\\config'],
  ])('%s is whole on Windows as %s', (text, whole) => {
    expect(wholePath(text, win32, 'C:\\Users\\me')).toBe(whole)
  })

  it('is refused where it begins anywhere else, with what it begins with on this system', () => {
    for (const text of ['config', '~me/config', '~\\config', '']) {
      expect(() => wholePath(text, posix, '/home/me')).toThrow(`"${text}" is no whole path: it begins with / or ~/.`)
    }
    for (const text of ['config', 'C:config', '~me\\config']) {
      expect(() => wholePath(text, win32, 'C:\\Users\\me')).toThrow('it begins with a drive, as C:\\, or with ~\\.')
    }
  })
})
