// Puts notes one after another and says each id when it is on disk: a process of its own, to be killed by a test.
import { NoteFile } from './note-file.ts'

const [capture, dataFolder, name, count] = process.argv.slice(2)
const file = await NoteFile.of(capture, { dataFolder, samplesFolder: '/none' })
for (let i = 0; i < Number(count); i++) {
  const id = `${name}-${i}`
  const anchor = { kind: 'packet', frame: i + 1, time: String(i) } as const
  await file.put({ id, anchor, text: `${id} ${'x'.repeat((i * 37) % 3000)}`, createdAt: i, editedAt: i })
  process.stdout.write(`${id}\n`)
}
