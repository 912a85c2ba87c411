import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Engine, framesTable, LABELS } from '../engine/engine.ts'

const LABEL_FOLDER = fileURLToPath(new URL('./fixtures/labels/', import.meta.url))
const CAPTURE_FOLDERS = ['./fixtures/labels/captures/', './fixtures/captures/', '../resources/samples/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
)

const captures = CAPTURE_FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => /\.(pcap|pcapng)(\.gz|\.zst)?$/.test(file))
    .map((file) => join(folder, file)),
)

/** The rows of tab-separated text with a head line, as records. Lines that begin with # are skipped. */
function rows(text: string): Record<string, string>[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const names = lines[0].split('\t')
  return lines.slice(1).map((line) => {
    const values = line.split('\t')
    return Object.fromEntries(names.map((name, index) => [name, values[index]]))
  })
}

function ours(file: string): Map<string, Record<string, string>> {
  const engine = new Engine()
  engine.push(readFileSync(file))
  engine.finish()
  const table = rows([...framesTable(engine)].join(''))
  return new Map(table.map((row) => [row['frame.number'], row]))
}

const labelsOf = (row: Record<string, string>) =>
  LABELS.filter((label) => row[`tcp.analysis.${label}`] === '1').join(',')

/** Within a microsecond, or both absent. */
function sameSeconds(a: string, b: string): boolean {
  return a === '' || b === '' ? a === b : Math.abs(Number(a) - Number(b)) < 1e-6
}

const name = (file: string) => basename(file).replace(/\.(pcap|pcapng)(\.gz|\.zst)?$/, '')

describe.each(captures.map((file) => [name(file), file]))('%s', (label, file) => {
  const theirs = rows(gunzipSync(readFileSync(join(LABEL_FOLDER, `${label}.tsv.gz`))).toString())
  const frames = ours(file)

  /** The frames where ours differ from theirs, as "frame: ours | theirs". */
  function differences(
    same: (mine: Record<string, string>, other: Record<string, string>) => [string, string] | undefined,
  ) {
    return theirs.flatMap((other) => {
      const mine = frames.get(other['frame'])
      if (mine === undefined || mine['tcp.stream'] === '') return [`${other['frame']}: not seen as TCP`]
      const pair = same(mine, other)
      return pair ? [`${other['frame']}: ${pair[0] || 'none'} | ${pair[1] || 'none'}`] : []
    })
  }

  it('has the labels that tshark 4.6 gives its frames', () => {
    expect(
      differences((mine, other) =>
        labelsOf(mine) === other['labels'] ? undefined : [labelsOf(mine), other['labels']],
      ),
    ).toEqual([])
  })

  it('has its streams, round-trip times, bytes in flight and windows', () => {
    expect(
      differences((mine, other) => {
        const wrong = [
          mine['tcp.stream'] !== other['stream'] && 'stream',
          !sameSeconds(mine['tcp.analysis.ack_rtt'], other['ack_rtt']) && 'ack_rtt',
          // tshark leaves it out until the handshake is over, and on some frames after; ours is the conversation's.
          other['initial_rtt'] !== '' &&
            !sameSeconds(mine['tcp.analysis.initial_rtt'], other['initial_rtt']) &&
            'initial_rtt',
          mine['tcp.analysis.bytes_in_flight'] !== other['bytes_in_flight'] && 'bytes_in_flight',
          mine['tcp.window_size'] !== other['window'] && 'window',
        ].filter((field) => field !== false)
        const values = (row: Record<string, string>, prefix: string) =>
          wrong.map((field) => `${field}=${row[field] ?? row[`${prefix}${field}`] ?? row['tcp.window_size']}`).join(' ')
        return wrong.length > 0 ? [values(mine, 'tcp.analysis.'), values(other, '')] : undefined
      }),
    ).toEqual([])
  })
})
