import { asciiText } from './ascii.ts'
import type { FirstBytes } from './protocols.ts'
import { REDIS_PORT } from './recognition.ts'
import { type Reply, RespReader } from './redis-reader.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'

/** Commands that wait for their replies on one connection. */
const MOST_OPEN = 16_384
/** Commands whose first argument is no key, and may be a secret, a script or a message. */
const WITHOUT_KEY = new Set(
  'AUTH HELLO EVAL EVALSHA EVAL_RO EVALSHA_RO SCRIPT PING ECHO MIGRATE PUBLISH SPUBLISH FCALL FCALL_RO'.split(' '),
)
/** Commands whose first argument is a command of theirs. */
const CONTAINERS = new Set(
  'CLIENT CONFIG CLUSTER COMMAND ACL MEMORY OBJECT XINFO XGROUP PUBSUB LATENCY SLOWLOG MODULE FUNCTION DEBUG'.split(
    ' ',
  ),
)
const SUBSCRIBING = /^[PS]?SUBSCRIBE$/
const UNSUBSCRIBING = /^[PS]?UNSUBSCRIBE$/
/** What is sent to a subscriber without being asked. */
const MESSAGE = /^[ps]?message$/
const CONFIRMATION = /^[ps]?(un)?subscribe$/

interface OpenCommand {
  readonly id: ExchangeId
  name: string
}

/** Redis over RESP2 and RESP3: replies come in the order of the commands. */
export class RedisDecoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #client: RespReader
  readonly #server: RespReader
  readonly #open: OpenCommand[] = []
  #asking: OpenCommand | undefined
  #answering: OpenCommand | undefined
  #row = 0
  #time = 0
  #subscribed = false
  /** CLIENT REPLY OFF, or SKIP for the next command. */
  #silent = false
  #skipNext = false
  /** In a hole; until a command follows what the server sent, nobody knows which reply is whose. */
  #lost = false
  #lastSide: Side = 'server'
  done = false

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#client = new RespReader(true, {
      begin: () => this.#commandBegins(),
      end: (command) => this.#commandEnds(command.words),
      lost: () => this.#lose(),
    })
    this.#server = new RespReader(false, {
      begin: (mark) => this.#replyBegins(mark),
      end: (reply) => this.#replyEnds(reply),
      lost: () => this.#lose(),
    })
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    const turned = side === 'client' && this.#lastSide === 'server'
    this.#lastSide = side
    if (this.#lost) {
      if (!turned || !isCommand(bytes, from, to)) return
      this.#lost = false
      this.#client.restart()
      this.#server.restart()
    }
    if (side === 'client') {
      this.#client.data(bytes, from, to)
      if (this.#asking) this.#sink.requestEnd(this.#asking.id, row, time)
    } else {
      this.#server.data(bytes, from, to)
      if (this.#answering) this.#sink.responseEnd(this.#answering.id, row, time)
    }
  }

  gap(side: Side, length: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    const reader = side === 'client' ? this.#client : this.#server
    if (!reader.skip(length)) {
      this.#lose()
      this.#lastSide = 'server'
    }
  }

  end(): void {
    this.done = true
  }

  #lose(): void {
    if (this.#answering) this.#answering = undefined
    this.#asking = undefined
    for (const { id } of this.#open) this.#sink.cannotTell(id)
    this.#open.length = 0
    this.#lost = true
  }

  #commandBegins(): void {
    const id = this.#sink.begin(this.#row, this.#time)
    this.#asking = { id, name: '' }
    if (this.#open.length >= MOST_OPEN) this.#lose()
    else this.#open.push(this.#asking)
  }

  #commandEnds(words: readonly string[]): void {
    const asking = this.#asking
    this.#asking = undefined
    if (!asking) return
    this.#sink.requestEnd(asking.id, this.#row, this.#time)
    const name = (words[0] ?? '').toUpperCase()
    asking.name = name
    const second = words.length > 1 ? (words[1] ?? '') : ''
    const shown = CONTAINERS.has(name) ? second.toUpperCase() : WITHOUT_KEY.has(name) ? '' : second
    this.#sink.ask(asking.id, shown === '' ? name : `${name} ${shown}`)
    if (SUBSCRIBING.test(name)) this.#subscribed = true
    const mode = name === 'CLIENT' && second.toUpperCase() === 'REPLY' ? words[2]?.toUpperCase() : undefined
    if (mode === 'ON') this.#silent = this.#skipNext = false
    if (this.#silent || this.#skipNext || mode === 'OFF' || mode === 'SKIP') {
      this.#sink.oneWay(asking.id)
      this.#remove(asking)
    }
    if (mode !== 'ON') this.#skipNext = mode === 'SKIP'
    if (mode === 'OFF') this.#silent = true
  }

  #remove(command: OpenCommand): void {
    const at = this.#open.lastIndexOf(command)
    if (at >= 0) this.#open.splice(at, 1)
  }

  #replyBegins(mark: number): void {
    // A push (RESP3), or what may be a message to a subscriber (RESP2): whether it is a reply is known at its end.
    if (mark === PUSH || (this.#subscribed && mark === ARRAY)) return
    this.#answer()
  }

  #answer(): void {
    this.#answering = this.#open.shift()
    if (this.#answering) this.#sink.responseBegin(this.#answering.id, this.#row, this.#time)
  }

  #replyEnds({ mark, text, words, isError }: Reply): void {
    if (!this.#answering && (mark === PUSH || this.#subscribed)) {
      const kind = (words[0] ?? '').toLowerCase()
      const isConfirmation = CONFIRMATION.test(kind)
      if (isConfirmation ? this.#open[0]?.name !== kind.toUpperCase() : mark === PUSH || MESSAGE.test(kind)) return
      this.#answer()
    }
    const answered = this.#answering
    this.#answering = undefined
    if (!answered) return
    this.#sink.responseEnd(answered.id, this.#row, this.#time)
    const word = /^\S{1,32}/.exec(text)?.[0] ?? ''
    // Where else to ask is no failure.
    this.#sink.answer(
      answered.id,
      isError ? word : replyKind(mark, word),
      isError && word !== 'MOVED' && word !== 'ASK',
    )
    const { name } = answered
    if (UNSUBSCRIBING.test(name) && this.#open.length === 0 && words[2] === '0') this.#subscribed = false
    // From here on the connection is a feed.
    if (!isError && (name === 'MONITOR' || name === 'PSYNC' || name === 'SYNC')) this.done = true
  }
}

const PUSH = 0x3e
const ARRAY = 0x2a
const KINDS: Readonly<Record<string, string | undefined>> = {
  ':': 'integer',
  $: 'string',
  '=': 'string',
  '*': 'array',
  '%': 'map',
  '~': 'set',
  _: 'null',
  '#': 'boolean',
  ',': 'double',
  '(': 'big number',
}

/** What kind of reply it is: a simple string says so itself, the others hold data. */
function replyKind(mark: number, word: string): string {
  if ((mark === 0x24 || mark === ARRAY) && word === '-1') return 'null'
  return KINDS[String.fromCharCode(mark)] ?? (/^[A-Z]+$/.test(word) ? word : 'string')
}

/** A command as clients send it: an array of bulk strings, the first of them a command's name. */
const COMMAND = /^\*[1-9]\d{0,6}\r\n\$\d{1,2}\r\n[A-Za-z][\w.]{0,40}(\r\n|$)/

function isCommand(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== ARRAY) return false
  let text = ''
  for (let i = from; i < Math.min(to, from + 64); i++) text += String.fromCharCode(bytes[i])
  return COMMAND.test(text)
}

const INLINE = /^(PING|QUIT|INFO|MONITOR|AUTH|SELECT|GET|SET|DBSIZE)\b/i

/** Commands are sure to be Redis's; replies are not, and inline commands only on its own port. */
export function recogniseRedis({ bytes, from, to, side, serverPort }: FirstBytes): Side | undefined {
  if (side === 'server') return undefined
  if (isCommand(bytes, from, to)) return 'client'
  const inline =
    serverPort === REDIS_PORT && bytes[to - 1] === 0x0a && INLINE.test(asciiText(bytes, from, Math.min(to, from + 16)))
  return inline ? 'client' : undefined
}
