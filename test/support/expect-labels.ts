import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PcapWriter } from '../../engine/capture-file/pcap-writer.ts'
import { FLAG } from '../../engine/columns/packet-table.ts'
import { Ingest } from '../../engine/ingest.ts'
import { LABEL, LABELS } from '../../engine/tcp/labels.ts'
import { FACTS, parseScenario } from './tcp-scenario.ts'
import type { Fact, Scenario } from './tcp-scenario.ts'

const ETHERNET = 1

/** What is said of a packet: its labels, and each fact or "none". */
interface Answer {
  readonly labels: readonly string[]
  readonly facts: Readonly<Record<Fact, string>>
}

/**
 * Feeds a scenario (see tcp-scenario.ts) to the engine, frame by frame, and compares what it says with what the lines expect; a
 * failure shows the scenario's lines with what was said instead. With TSHARK in the environment (the path of a tshark 4.6) tshark
 * is held to the same expectations, so that no test rests on a belief about it.
 */
export function expectLabels(text: string): Ingest {
  const scenario = parseScenario(text)
  const expected = render(
    scenario,
    scenario.packets.map((packet) => packet.expected),
  )
  const ingest = ingestScenario(scenario)
  expect(said(scenario, oursOf(ingest))).toBe(expected)
  const tshark = process.env['TSHARK']
  if (tshark) expect(said(scenario, answersOfTshark(scenario, tshark)), 'what tshark says').toBe(expected)
  return ingest
}

/** The engine after the scenario's packets. */
export function ingestScenario(scenario: Scenario): Ingest {
  const ingest = new Ingest(
    () => ETHERNET,
    () => scenario.epoch,
  )
  for (const { frame, time, interfaceId } of scenario.packets) {
    ingest.frame(frame.bytes, 0, frame.bytes.length, frame.length, time, 0, interfaceId)
  }
  return ingest
}

function render(scenario: Scenario, sayings: readonly (readonly string[])[]): string {
  return scenario.packets
    .map(({ text }, i) => [text, ...(sayings[i].length > 0 ? [`; ${sayings[i].toSorted().join(', ')}`] : [])].join(' '))
    .join('\n')
}

function said(scenario: Scenario, answers: readonly Answer[]): string {
  return render(
    scenario,
    scenario.packets.map(({ expected }, i) => [
      ...answers[i].labels,
      ...FACTS.filter((fact) => expected.some((word) => word.startsWith(`${fact} `))).map(
        (fact) => `${fact} ${answers[i].facts[fact]}`,
      ),
    ]),
  )
}

function oursOf({ packets, conversations, tcp }: Ingest): Answer[] {
  return Array.from({ length: packets.rows }, (_, row) => {
    const chunk = packets.chunk(row)
    const conversation = chunk.conversation[row]
    const set = chunk.labels[row]
    const duplicate = tcp.duplicateAck(row)
    const rto = tcp.retransmissionSince(row)
    const isTcp = (chunk.flags[row] & FLAG.tcp) !== 0
    return {
      labels: labelWords(
        LABELS.filter((label) => (set & LABEL[label]) !== 0),
        (set & LABEL.partial_ack) !== 0,
        duplicate && { number: duplicate.number, frame: duplicate.original + 1 },
      ),
      facts: {
        acks: String(chunk.acked[row] || 'none'),
        flight: String(chunk.bytesInFlight[row] || 'none'),
        rto: rto === undefined ? 'none' : String(rto + 1),
        initial: tcp.showsInitialRtt(row, conversation) ? milliseconds(tcp.initialRtt(conversation) / 1e6) : 'none',
        stream: isTcp ? String(conversations.stream[conversation]) : 'none',
        scaled: isTcp ? String(tcp.scaledWindow(row)) : 'none',
      },
    }
  })
}

const FIELDS = [
  'acks_frame',
  'bytes_in_flight',
  'rto_frame',
  'initial_rtt',
  'duplicate_ack_num',
  'duplicate_ack_frame',
  'partial_ack',
]

function answersOfTshark(scenario: Scenario, tshark: string): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  try {
    const writer = new PcapWriter({ linkType: ETHERNET })
    for (const { frame, time } of scenario.packets)
      writer.packet(scenario.epoch + BigInt(time), frame.bytes, frame.length)
    const file = join(folder, 'scenario.pcap')
    writeFileSync(file, writer.take())
    const fields = ['tcp.stream', 'tcp.window_size', ...FIELDS.map((field) => `tcp.analysis.${field}`)]
    const wanted = [...fields, ...LABELS.map((label) => `tcp.analysis.${label}`)]
    const output = execFileSync(
      tshark,
      [
        ...['-r', file, '-n', '-T', 'fields', '-E', 'occurrence=f'],
        ...[
          '-o',
          'tcp.relative_sequence_numbers:FALSE',
          '-o',
          'tcp.desegment_tcp_streams:FALSE',
          '-o',
          'ip.defragment:FALSE',
        ],
        ...wanted.flatMap((field) => ['-e', field]),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return output
      .split('\n')
      .slice(0, scenario.packets.length)
      .map((line) => answerOfTshark(new Map(line.split('\t').map((value, i) => [wanted[i], value]))))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function answerOfTshark(values: ReadonlyMap<string, string>): Answer {
  const get = (field: string) => values.get(field) ?? ''
  const analysis = (field: string) => get(`tcp.analysis.${field}`)
  const number = analysis('duplicate_ack_num')
  return {
    labels: labelWords(
      LABELS.filter((label) => analysis(label) !== ''),
      analysis('partial_ack') !== '',
      number === '' ? undefined : { number: Number(number), frame: Number(analysis('duplicate_ack_frame')) },
    ),
    facts: {
      acks: analysis('acks_frame') || 'none',
      flight: analysis('bytes_in_flight') || 'none',
      rto: analysis('rto_frame') || 'none',
      initial: analysis('initial_rtt') === '' ? 'none' : milliseconds(Number(analysis('initial_rtt')) * 1000),
      stream: get('tcp.stream') || 'none',
      scaled: get('tcp.window_size') || 'none',
    },
  }
}

function labelWords(
  labels: readonly string[],
  partial: boolean,
  duplicate: { readonly number: number; readonly frame: number } | undefined,
): string[] {
  const precise = labels.includes('fast_retransmission') || labels.includes('spurious_retransmission')
  const words = labels
    .filter((label) => !(precise && label === 'retransmission'))
    .map((label) =>
      label === 'duplicate_ack' && duplicate
        ? `duplicate ack ${duplicate.number} of ${duplicate.frame}`
        : label.replaceAll('_', ' '),
    )
  return partial ? [...words, 'partial ack'] : words
}

/** 12.5ms */
function milliseconds(ms: number): string {
  return `${Math.round(ms * 1e6) / 1e6}ms`
}
