import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'

const LOSS = join(import.meta.dirname, '..', '..', 'resources', 'samples', 'loss-episode.pcapng')

function ownCapture(): string {
  const file = join(temporaryFolder(), 'a.pcapng')
  copyFileSync(LOSS, file)
  return file
}

describe('hopscope notes', { timeout: 60_000 }, () => {
  it('keeps notes on packets, conversations and times, lists and removes them', async () => {
    const file = ownCapture()
    await runCli(['notes', file, '--add', 'the first loss', '--frame', '1001', '--tag', 'loss', '--colour', 'red'])
    await runCli(['notes', file, '--add', 'suffers most', '--stream', 'tcp 0'])
    const { code, stdout } = await runCli(['notes', file, '--add', 'bad time', '--from', '14', '--to', '18.5'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/frame 1001, at 14\.\d s: \[loss\] the first loss\n/)
    expect(stdout).toContain('10.244.1.17:44142 and 10.244.2.21:8080 (TCP): suffers most\n')
    expect(stdout).toContain('from 14.0 s to 18.5 s: bad time\n')
    const id = stdout.slice(0, 8)
    expect((await runCli(['notes', file, '--remove', id])).stdout).not.toContain('the first loss')
    const { notes } = JSON.parse((await runCli(['notes', file, '--json'])).stdout)
    expect(notes).toMatchObject([{ text: 'suffers most' }, { text: 'bad time' }])
  })

  it('travel: exported as comments, also of a part, they are there again, once', async () => {
    const file = ownCapture()
    await runCli(['notes', file, '--add', 'the first loss', '--frame', '1001', '--tag', 'loss', '--colour', 'red'])
    await runCli(['notes', file, '--add', 'bad time', '--from', '14', '--to', '18'])
    const part = `${file}.part.pcapng`
    const again = `${file}.again.pcapng`
    expect(await runCli(['export', file, '-o', part, '--filter', 'frame.number > 1000'])).toMatchObject({ code: 0 })
    await runCli(['notes', part, '--add', 'the first loss', '--tag', 'loss', '--colour', 'red', '--frame', '1'])
    expect(await runCli(['export', part, '-o', again])).toMatchObject({ code: 0 })
    for (const one of [part, again]) {
      const engine = new Engine()
      engine.push(readFileSync(one))
      engine.finish()
      expect(engine.packetComments.get(0)).toEqual(['[loss] the first loss\n[hopscope: tag="loss", colour=red]'])
      // What the capture had stays.
      expect(engine.packetComments.size).toBe(2)
      expect(engine.facts().comments.filter((text) => text.includes('bad time'))).toEqual([
        expect.stringMatching(/^Note on 20\d\d-.*Z to 20\d\d-.*Z: bad time$/),
      ])
    }
    expect((await runCli(['notes', again])).stdout).toContain(
      'in the file, frame 1, at 0.00 ms: [loss] the first loss\n',
    )
    const { comments } = JSON.parse((await runCli(['notes', again, '--json'])).stdout)
    expect(comments).toContainEqual({
      id: expect.stringMatching(/^comment-1-/),
      frame: 1,
      anchor: { kind: 'packet', frame: 1, time: expect.stringMatching(/^\d{19}$/) },
      text: 'the first loss',
      tag: 'loss',
      colour: 'red',
      replaces: '[loss] the first loss\n[hopscope: tag="loss", colour=red]',
    })
    const one = `${file}.one.pcapng`
    const found = await runCli(['export', file, '-o', one, '--filter', 'hopscope.note contains "first loss"'])
    expect(found.stderr).toContain(': 1 of ')
    const classic = await runCli(['export', file, '-o', `${file}.pcap`])
    expect(classic.stderr).toMatch(/can't hold .*2 notes/)
    expect((await runCli(['report', file, '-o', '-'])).stdout).toMatch(/\| frame 1001, .* \| loss \| the first loss \|/)
  })

  it('edits and deletes comments of the file, which itself stays as it is, and gives them back', async () => {
    const file = ownCapture()
    const bytes = readFileSync(file)
    const list = async (...args: string[]) => JSON.parse((await runCli(['notes', file, '--json', ...args])).stdout)
    const { comments } = await list()
    const { id, frame, text } = comments.find((one: { frame?: number }) => one.frame !== undefined)
    const edited = await list('--edit', id, '--text', 'what it means', '--tag', 'loss')
    expect(edited.notes).toMatchObject([{ id, text: 'what it means', tag: 'loss', replaces: text }])
    expect(edited.comments).toHaveLength(comments.length - 1)
    const again = `${file}.again.pcapng`
    expect(await runCli(['export', file, '-o', again])).toMatchObject({ code: 0 })
    const engine = new Engine()
    engine.push(readFileSync(again))
    engine.finish()
    expect(engine.packetComments.get(frame - 1)).toEqual(['[loss] what it means'])
    const gone = await list('--remove', id)
    expect(gone).toMatchObject({ notes: [], deleted: [{ id, text: '', replaces: text }] })
    expect((await runCli(['notes', file])).stdout).toContain(`${id}  in the file, deleted, frame ${frame},`)
    expect(await list('--restore', id)).toEqual({ notes: [], comments, deleted: [] })
    expect(await runCli(['notes', file, '--restore', id])).toMatchObject({ code: 1 })
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it('shows the lines of a note below each other, and nothing that a terminal would obey', async () => {
    const file = ownCapture()
    const text = 'one\ttwo\r\nthree\n\u001b[2Jfour\u009b31m\u202e\nabcd1234  frame 7: five'
    await runCli(['notes', file, '--add', text, '--frame', '7'])
    const { stdout } = await runCli(['notes', file])
    expect(stdout).toMatch(
      /: one two\n {4}three\n {4}\u{fffd}\[2Jfour\u{fffd}31m\u{fffd}\n {4}abcd1234 {2}frame 7: five\n/u,
    )
    const json = (await runCli(['notes', file, '--json'])).stdout
    expect(json).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
    expect(JSON.parse(json).notes).toMatchObject([{ text }])
  })

  it.each([
    ['no place', ['--add', 'x'], 'say what the note is on'],
    ['two places', ['--add', 'x', '--frame', '1', '--stream', 'tcp 0'], 'say what the note is on'],
    ['a frame that is not there', ['--add', 'x', '--frame', '9999'], 'there is no frame 9999; the last is 2162.'],
    ['a conversation that is not there', ['--add', 'x', '--stream', 'tcp 77'], 'there is no conversation "tcp 77"'],
    ['times in no order', ['--add', 'x', '--from', '2', '--to', '1'], 'before --to'],
    ['a comment that is edited into nothing', ['--edit', 'x', '--text', ' '], '--remove deletes'],
    ['an edit without words', ['--edit', 'x'], 'go together'],
    ['two changes', ['--remove', 'x', '--restore', 'x'], 'one at a time'],
    ['a place without a text', ['--frame', '1'], 'say with --add'],
    ['a colour that is none', ['--add', 'x', '--frame', '1', '--colour', 'mud'], '--colour is one of'],
  ])('refuses %s', async (_, args, message) => {
    expect(await runCli(['notes', LOSS, ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })
})
