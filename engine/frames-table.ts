import { CHUNK_ROWS, FLAG, NO_CONVERSATION, NO_INTERFACE, TCP_FLAGS_MASK } from './columns/packet-table.ts'
import { NETWORK } from './decode/packet.ts'
import type { Engine } from './engine.ts'
import { originalPassed } from './query/label-counts.ts'
import { LABEL, LABELS } from './tcp/labels.ts'
import { reasonText } from './tcp/reasons.ts'
import { VERDICTS } from './tcp/verdicts.ts'

const COLUMNS = [
  'frame.number',
  'frame.time_epoch',
  'frame.cap_len',
  'frame.len',
  'frame.protocols',
  'tcp.stream',
  'ip.src',
  'ip.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
  'tcp.flags',
  'tcp.window_size',
  ...LABELS.map((label) => `tcp.analysis.${label}`),
  'tcp.analysis.ack_rtt',
  'tcp.analysis.initial_rtt',
  'tcp.analysis.bytes_in_flight',
  'hopscope.verdict',
  'hopscope.spurious',
  'hopscope.original',
  'hopscope.cost_ms',
  'hopscope.reason',
]
const NO_VERDICT = '\t\t\t\t'
const NOT_TCP = '\t'.repeat(COLUMNS.length - 8)

// The fifteen label columns for each of the 32,768 sets, made when first needed.
const labelColumns: string[] = []
const LABEL_MASK = (1 << LABELS.length) - 1

function labelText(labels: number): string {
  const set = labels & LABEL_MASK
  return (labelColumns[set] ??= LABELS.map((label) => (set & LABEL[label] ? '1' : '0')).join('\t'))
}

/**
 * Every frame as a line of tab-separated values, named as tshark names its fields, with a head line.
 * The addresses are those of the innermost packet; fields that do not apply are empty, also those of TCP that a cut packet does not
 * tell. `hopscope.original` says whether the transmission before was seen at this capture point.
 * Yields pieces of some thousand lines. `rows`: only these, ascending.
 */
export function* framesTable(engine: Engine, rows?: Uint32Array): Generator<string> {
  const { packets, conversations, stacks, tcp } = engine
  const epoch = engine.epoch ?? 0n
  const clock = new EpochClock(epoch)
  const addresses: string[] = []
  const endpoints = (conversation: number, reverse: boolean): string => {
    const key = conversation * 2 + (reverse ? 1 : 0)
    return (addresses[key] ??=
      conversations.addressText(conversation, reverse) + '\t' + conversations.addressText(conversation, !reverse))
  }
  const ports = (conversation: number, reverse: boolean): string => {
    const a = conversations.portA[conversation]
    const b = conversations.portB[conversation]
    return reverse ? `${b}\t${a}` : `${a}\t${b}`
  }

  let text = COLUMNS.join('\t') + '\n'
  let lines = 0
  for (let n = 0; n < (rows?.length ?? packets.rows); n++) {
    const row = rows ? rows[n] : n
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    text += `${packets.frame(row)}\t${clock.text(chunk.time[i])}\t`
    text += `${chunk.capturedLength[i]}\t${chunk.length[i]}\t${stacks.name(chunk.stack[i])}\t`
    const conversation = chunk.conversation[i]
    const flags = chunk.flags[i]
    const reverse = (flags & FLAG.reverse) !== 0
    if (
      conversation === NO_CONVERSATION ||
      chunk.interface[i] === NO_INTERFACE ||
      conversations.network[conversation] < NETWORK.ipv4
    ) {
      text += '\t\t' + NOT_TCP + '\n'
    } else if ((flags & FLAG.tcp) === 0) {
      text += `\t${endpoints(conversation, reverse)}${NOT_TCP}\n`
    } else {
      text += `${conversations.stream[conversation]}\t${endpoints(conversation, reverse)}\t${ports(conversation, reverse)}\t`
      text += `${chunk.seq[i]}\t${chunk.ack[i]}\t${tcp.hasLength(row) ? chunk.payloadLength[i] : ''}\t`
      text += `0x${(flags & TCP_FLAGS_MASK).toString(16).padStart(4, '0')}\t${tcp.scaledWindow(row)}\t`
      const labels = chunk.labels[i]
      const acked = chunk.acked[i]
      const rtt = acked ? chunk.time[i] - packets.time(acked - 1) : 0
      const flight = chunk.bytesInFlight[i]
      text += `${labelText(labels)}\t${rtt !== 0 ? secondsText(rtt) : ''}\t`
      text += tcp.showsInitialRtt(row, conversation) ? `${secondsText(tcp.initialRtt(conversation))}\t` : '\t'
      text += `${flight || ''}\t${chunk.verdict[i] ? verdictText(engine, row) : NO_VERDICT}\n`
    }
    if (++lines === 4096) {
      yield text
      text = ''
      lines = 0
    }
  }
  yield text
}

function verdictText({ packets, verdicts }: Engine, row: number): string {
  const entry = verdicts.find(row)
  if (entry < 0) return NO_VERDICT
  const spurious = verdicts.isSpurious(entry)
  const passed = originalPassed(verdicts, entry)
  const cost = verdicts.cost(entry) / 1e6
  return [
    VERDICTS[verdicts.verdict(entry)],
    spurious === undefined ? '' : spurious ? '1' : '0',
    passed === undefined ? '' : passed ? 'seen' : 'unseen',
    cost > 0 ? cost.toFixed(3) : '',
    reasonText(verdicts, entry, packets),
  ].join('\t')
}

/** Times since the capture's epoch as seconds since 1970 with nine decimals. */
class EpochClock {
  readonly #seconds: number
  readonly #rest: number

  constructor(epoch: bigint) {
    this.#seconds = Number(epoch / 1_000_000_000n)
    this.#rest = Number(epoch % 1_000_000_000n)
  }

  text(time: number): string {
    const total = this.#rest + time
    // By remainder: the quotient of times far apart is rounded up now and then.
    let rest = total % 1e9
    let seconds = this.#seconds + (total - rest) / 1e9
    if (rest < 0) {
      rest += 1e9
      seconds--
    }
    if (seconds >= 0) return `${seconds}.${nine(rest)}`
    // Before 1970: the parts point the other way.
    return rest === 0 ? `${seconds}.${nine(0)}` : `-${-seconds - 1}.${nine(1e9 - rest)}`
  }
}

/** Nanoseconds as seconds with nine decimals; negative where the clock was set back. */
function secondsText(ns: number): string {
  if (ns < 0) return `-${secondsText(-ns)}`
  const rest = ns % 1e9
  return `${(ns - rest) / 1e9}.${nine(rest)}`
}

const nine = (nanoseconds: number) => String(nanoseconds).padStart(9, '0')
