import { describe, expect, it } from 'vitest'
import { KeysAhead } from './keys-ahead.ts'
import type { KeyPress } from './keys.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

function keysAhead(whileTyping: (key: string, keys: KeysAhead) => void = () => undefined) {
  const typed: string[] = []
  const keys = new KeysAhead((one) => {
    typed.push(one.key)
    whileTyping(one.key, keys)
    return Promise.resolve()
  })
  return { keys, typed }
}

describe('keys typed ahead', () => {
  it('are kept while a capture is being opened, and typed in their order', async () => {
    const { keys, typed } = keysAhead()
    expect(keys.keep(press('t'))).toBe(false)
    keys.hold()
    for (const key of ['/', 't', 'c', 'p', ' ', 'Backspace', 'Enter']) expect(keys.keep(press(key))).toBe(true)
    expect(typed).toEqual([])
    await keys.release()
    expect(typed).toEqual(['/', 't', 'c', 'p', ' ', 'Backspace', 'Enter'])
    expect(keys.keep(press('t'))).toBe(false)
  })

  it('are only what begins with a character: Tab, Enter and Space are for what has the focus, and chords work at once', () => {
    const { keys } = keysAhead()
    keys.hold()
    for (const key of ['Tab', 'Enter', ' ', 'F1', 'Shift']) expect(keys.keep(press(key))).toBe(false)
    expect(keys.keep(press('k', { ctrlKey: true }))).toBe(false)
    expect(keys.keep(press('ArrowLeft', { altKey: true }))).toBe(false)
    expect(keys.keep(press('o', { metaKey: true }))).toBe(false)
  })

  it('have in them what a layout writes with Option or AltGr, but no chord', async () => {
    const { keys, typed } = keysAhead()
    keys.hold()
    expect(keys.keep(press('|', { altKey: true }))).toBe(false)
    for (const key of ['/', 'a']) expect(keys.keep(press(key))).toBe(true)
    expect(keys.keep(press('|', { altKey: true }))).toBe(true)
    expect(keys.keep(press('[', { altKey: true, ctrlKey: true }))).toBe(true)
    expect(keys.keep(press('k', { altKey: true }))).toBe(false)
    expect(keys.keep(press('a', { ctrlKey: true }))).toBe(false)
    await keys.release()
    expect(typed).toEqual(['/', 'a', '|', '['])
  })

  it('come before what is pressed while they are typed', async () => {
    const { keys, typed } = keysAhead((key, all) => {
      if (key === '/') expect(all.keep(press('p'))).toBe(true)
    })
    keys.hold()
    keys.keep(press('/'))
    keys.keep(press('t'))
    await keys.release()
    expect(typed).toEqual(['/', 't', 'p'])
  })

  it('go nowhere when the capture could not be opened', async () => {
    const { keys, typed } = keysAhead()
    keys.hold()
    keys.keep(press('w'))
    keys.drop()
    expect(keys.waiting).toBe(false)
    await keys.release()
    expect(typed).toEqual([])
  })

  it('wait again when typing them opened another capture', async () => {
    const { keys, typed } = keysAhead((key, all) => {
      if (key === 'a') all.hold()
    })
    keys.hold()
    keys.keep(press('a'))
    keys.keep(press('b'))
    await keys.release()
    expect(typed).toEqual(['a'])
    await keys.release()
    expect(typed).toEqual(['a', 'b'])
  })
})
