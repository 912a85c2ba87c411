import { describe, expect, it } from 'vitest'
import { isWindowKey } from './window-keys.ts'

const key = (name: string, code: string, ...down: readonly ('ctrlKey' | 'shiftKey' | 'altKey')[]) => ({
  key: name,
  code,
  ctrlKey: down.includes('ctrlKey'),
  shiftKey: down.includes('shiftKey'),
  altKey: down.includes('altKey'),
})

describe('keys of the window in a terminal', () => {
  it.each([
    ['Ctrl+`', key('`', 'Backquote', 'ctrlKey')],
    ['its place on a German keyboard', key('Dead', 'Backquote', 'ctrlKey')],
    ['F6', key('F6', 'F6')],
    ['Ctrl+Shift+C', key('C', 'KeyC', 'ctrlKey', 'shiftKey')],
    ['Ctrl+Shift+C on a Dvorak keyboard', key('C', 'KeyI', 'ctrlKey', 'shiftKey')],
    ['Ctrl+Shift+F on a Russian keyboard', key('А', 'KeyF', 'ctrlKey', 'shiftKey')],
  ])('are %s', (_name, press) => {
    expect(isWindowKey(press)).toBe(true)
  })

  it.each([
    ['Ctrl+C', key('c', 'KeyC', 'ctrlKey')],
    ['what is at the place of C on a Dvorak keyboard', key('J', 'KeyC', 'ctrlKey', 'shiftKey')],
    [
      'what AltGr writes at the place of `, which is Ctrl and Alt on Windows',
      key('¦', 'Backquote', 'ctrlKey', 'altKey'),
    ],
    ['what AltGr and Shift write', key('©', 'KeyC', 'ctrlKey', 'shiftKey', 'altKey')],
    ['`', key('`', 'Backquote')],
  ])('are not %s', (_name, press) => {
    expect(isWindowKey(press)).toBe(false)
  })
})
