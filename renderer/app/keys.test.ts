import { describe, expect, it } from 'vitest'
import { isPressed, keyLabels, type KeyPress } from './keys.ts'

const press = (key: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
})

describe('keys', () => {
  it('match with exactly the modifiers they name', () => {
    expect(isPressed('Ctrl+O', press('o', { ctrlKey: true }), false)).toBe(true)
    expect(isPressed('Ctrl+O', press('o'), false)).toBe(false)
    expect(isPressed('Ctrl+O', press('O', { ctrlKey: true, shiftKey: true }), false)).toBe(false)
    expect(isPressed('Ctrl+Shift+P', press('P', { ctrlKey: true, shiftKey: true }), false)).toBe(true)
    expect(isPressed('o', press('o', { altKey: true }), false)).toBe(false)
  })

  it('take the command key on a Mac', () => {
    expect(isPressed('Ctrl+O', press('o', { metaKey: true }), true)).toBe(true)
    expect(isPressed('Ctrl+O', press('o', { ctrlKey: true }), true)).toBe(false)
  })

  it('do not care which layout needs Shift for a sign', () => {
    expect(isPressed('?', press('?', { shiftKey: true }), false)).toBe(true)
    expect(isPressed('/', press('/', { shiftKey: true }), false)).toBe(true)
    expect(isPressed('+', press('+'), false)).toBe(true)
  })

  it('know the key left of 1 by its place, with Control on a Mac as well', () => {
    const german = press('Dead', { code: 'Backquote', ctrlKey: true })
    expect(isPressed('Ctrl+`', german, false)).toBe(true)
    expect(isPressed('Ctrl+`', german, true)).toBe(true)
    expect(isPressed('Ctrl+`', press('`', { code: 'Backquote', metaKey: true }), true)).toBe(false)
    expect(isPressed('Ctrl+`', press('`', { code: 'Equal', ctrlKey: true }), false)).toBe(false)
    expect(keyLabels('Ctrl+`', true)).toEqual(['⌃', '`'])
  })

  it('are named as on the keyboard', () => {
    expect(keyLabels('Ctrl+Shift+P', false)).toEqual(['Ctrl', 'Shift', 'P'])
    expect(keyLabels('Ctrl+Shift+P', true)).toEqual(['⌘', '⇧', 'P'])
    expect(keyLabels('+')).toEqual(['+'])
  })
})
