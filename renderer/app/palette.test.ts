import { describe, expect, it } from 'vitest'
import type { Command } from './commands.ts'
import { found } from './palette.tsx'

const command = (title: string, more: Partial<Command> = {}): Command => ({
  id: title,
  title,
  group: 'Capture',
  run: () => undefined,
  ...more,
})
const titles = (commands: readonly Command[], text: string) => found(commands, text).map(({ title }) => title)

describe('what the palette finds', () => {
  it('has all the words, those in the title before those in the group', () => {
    const commands = [command('Stop reading'), command('Stop capturing'), command('Open a capture')]
    expect(titles(commands, 'stop capt')).toEqual(['Stop capturing', 'Stop reading'])
    expect(titles(commands, 'capture open')).toEqual(['Open a capture'])
  })

  it('knows what Wireshark calls it, with and without a slash', () => {
    const commands = [command('Time axis', { wireshark: 'I/O Graphs' })]
    expect(titles(commands, 'io graph')).toEqual(['Time axis'])
    expect(titles(commands, 'I/O')).toEqual(['Time axis'])
  })

  it('leaves out what can not be run now', () => {
    expect(titles([command('Stop capturing', { enabled: () => false })], 'stop')).toEqual([])
  })
})
