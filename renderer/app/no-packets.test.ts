import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import type { Progress } from '../worker/engine-service.ts'
import { explain } from './no-packets.tsx'

function read(...bytes: readonly number[]): Progress {
  const engine = new Engine()
  engine.push(Uint8Array.from(bytes))
  engine.finish()
  return { phase: 'done', version: 1, bytesRead: bytes.length, size: bytes.length, facts: engine.facts() }
}

describe('a capture without packets', () => {
  const header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]

  it('is told from a file that is none', () => {
    expect(explain('a.pcap', read(...header)).title).toBe('a.pcap holds no packets')
    expect(explain('notes.txt', read(0x68, 0x69, 0x0a, 0x0a, 0x68, 0x69))).toMatchObject({
      tone: 'bad',
      title: 'notes.txt is no capture that can be read',
    })
  })

  it('names the byte at which the first packet can not be read', () => {
    const { title, children } = explain('a.pcap', read(...header, 1, 2, 3))
    expect(title).toBe('No packet of a.pcap can be read')
    expect(children).toMatch(/^At byte 24: /)
  })

  it('tells what kept it from being read, and that it was cancelled', () => {
    const progress = read(...header)
    expect(explain('a.pcap', { ...progress, phase: 'failed', error: 'It was deleted.' })).toMatchObject({
      title: 'a.pcap could not be read',
      children: 'It was deleted.',
    })
    expect(explain('a.pcap', { ...progress, phase: 'cancelled' }).title).toBe('Reading a.pcap was cancelled')
  })
})
