import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Engine } from '../../../engine/engine.ts'

/**
 * The comments of packets, "frame\ttext", as someone sees them who opens the file elsewhere; where tshark is not installed, our reader has to do.
 */
export function commentsOf(file: string): readonly string[] {
  const fields = ['-T', 'fields', '-e', 'frame.number', '-e', 'frame.comment']
  const { status, stdout } = spawnSync('tshark', ['-r', file, '-Y', 'frame.comment', ...fields], { encoding: 'utf8' })
  if (status === 0) return stdout.split('\n').filter((line) => line !== '')
  const engine = new Engine()
  engine.push(readFileSync(file))
  engine.finish()
  return Array.from(engine.packetComments, ([row, texts]) => `${row + 1}\t${texts.join(',').replaceAll('\n', '\\n')}`)
}
