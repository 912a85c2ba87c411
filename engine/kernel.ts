import { KERNEL } from './kernel.generated.ts'
import { PAGE_RECORDS, ROOM, TABLE_COUNT } from './kernel-tables.ts'

// What there is of WebAssembly in the browser and in Node alike.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: SharedArrayBuffer }
  RuntimeError: new (message: string) => Error
  Instance: new (module: object, imports: object) => { readonly exports: KernelFunctions }
}
declare function atob(base64: string): string
/** Of Node only. */
declare const Buffer: { readonly from: (text: string, encoding: 'base64') => Uint8Array } | undefined

/** What the kernel calls while it takes a frame. Positions in the packet are addresses in the kernel's memory. */
export interface KernelCalls {
  /** The number of the stack of the packet's layers. */
  readonly lookUpStack: () => number
  /**
   * A packet that may belong to a request or a response; `found` is `conversation * 2 + direction`. Of TCP what is known of the connection
   * then, see RECOGNITION.
   */
  readonly application: (row: number, time: number, found: number) => number
}

interface KernelFunctions {
  // See engine/kernel/index.ts; what is bool there is 0 or 1.
  tableDirectory(): number
  packetAddress(): number
  room(number: number, bytes: number): number
  setEpoch(nanoseconds: number): void
  setLimits(rows: number, conversations: number): void
  keepAll(wanted: boolean): void
  keepHeads(): void
  tellApplications(): void
  frame(
    at: number,
    capturedLength: number,
    length: number,
    time: number,
    offset: number,
    interfaceId: number,
    linkType: number,
  ): number
  setPcap(
    isBigEndian: boolean,
    headerBytes: number,
    mostCaptured: number,
    unit: number,
    firstSeconds: number,
    firstFraction: number,
    linkType: number,
  ): void
  pcapRecords(from: number, to: number, base: number): number
  decodeFrame(at: number, capturedLength: number, length: number, linkType: number): void
  listRoundTrips(from: number, to: number): number
  nextTroubled(from: number): number
  nextReset(from: number): number
  lost(conversation: number): number
  lostTo(conversation: number, cause: number): number
  lostWithin(conversation: number, from: number, to: number): number
  beginRow(): void
  commitRow(): void
  dropUncommitted(): void
}

/** Bytes in front of the room for what is read: most records have less. */
const AHEAD = 65_536
const PAGES = { initial: 2, maximum: 65_536, shared: true }

/** The loop takes milliseconds, which every start of the command line would. */
function bytesOf(base64: string): Uint8Array {
  if (typeof Buffer !== 'undefined') return Buffer.from(base64, 'base64')
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

// Two milliseconds; functions are compiled when they are called first.
const MODULE = new WebAssembly.Module(bytesOf(KERNEL))

/**
 * One instance of the kernel, which is AssemblyScript (engine/kernel): all that is done for each packet of a capture, and all that is kept of it.
 * What it keeps is read where it lies, as typed arrays over its memory.
 */
export class Kernel {
  readonly call: KernelFunctions
  readonly #memory = new WebAssembly.Memory(PAGES)
  readonly #directory: Uint32Array
  readonly #words: (Int32Array | undefined)[] = []
  readonly #unsigned: (Uint32Array | undefined)[] = []
  readonly #halves: (Uint16Array | undefined)[] = []
  readonly #bytes: (Uint8Array | undefined)[] = []
  readonly #doubles: (Float64Array | undefined)[] = []
  #room: Uint8Array | undefined
  #all: Uint8Array
  #allWords: Int32Array
  #allDoubles: Float64Array

  constructor(calls: KernelCalls) {
    const { exports } = new WebAssembly.Instance(MODULE, {
      env: { memory: this.#memory },
      calls,
    })
    this.call = exports
    this.#directory = new Uint32Array(this.#memory.buffer, exports.tableDirectory(), TABLE_COUNT * 2)
    this.#all = new Uint8Array(this.#memory.buffer)
    this.#allWords = new Int32Array(this.#memory.buffer)
    this.#allDoubles = new Float64Array(this.#memory.buffer)
  }

  /** All of the memory. Positions of packets are places in it. */
  get memory(): Uint8Array {
    // The buffer is another one once the memory has grown; older views still show what they showed.
    if (this.#all.length !== this.#memory.buffer.byteLength) this.#all = new Uint8Array(this.#memory.buffer)
    return this.#all
  }

  /** The same in words, and in doubles. */
  get memoryWords(): Int32Array {
    if (this.#allWords.buffer !== this.#memory.buffer) this.#allWords = new Int32Array(this.#memory.buffer)
    return this.#allWords
  }
  get memoryDoubles(): Float64Array {
    if (this.#allDoubles.buffer !== this.#memory.buffer) this.#allDoubles = new Float64Array(this.#memory.buffer)
    return this.#allDoubles
  }

  /** Where a record lies whose pages are in `table`: its first byte. Of one that was never written to: at 0, where there are only zeros. */
  record(table: number, number: number, bytes: number): number {
    const page = this.unsigned(table)[Math.trunc(number / PAGE_RECORDS)] ?? 0
    return page === 0 ? 0 : page + (number % PAGE_RECORDS) * bytes
  }

  // Tables as they are now: the same view as long as the table did not grow. Numbers are those of TABLE.
  words(table: number): Int32Array {
    const known = this.#words[table]
    if (known !== undefined && this.#isCurrent(table, known)) return known
    return (this.#words[table] = new Int32Array(this.memory.buffer, this.#at(table), this.#length(table) >>> 2))
  }
  unsigned(table: number): Uint32Array {
    const known = this.#unsigned[table]
    if (known !== undefined && this.#isCurrent(table, known)) return known
    return (this.#unsigned[table] = new Uint32Array(this.memory.buffer, this.#at(table), this.#length(table) >>> 2))
  }
  halves(table: number): Uint16Array {
    const known = this.#halves[table]
    if (known !== undefined && this.#isCurrent(table, known)) return known
    return (this.#halves[table] = new Uint16Array(this.memory.buffer, this.#at(table), this.#length(table) >>> 1))
  }
  bytes(table: number): Uint8Array {
    const known = this.#bytes[table]
    if (known !== undefined && this.#isCurrent(table, known)) return known
    return (this.#bytes[table] = new Uint8Array(this.memory.buffer, this.#at(table), this.#length(table)))
  }
  doubles(table: number): Float64Array {
    const known = this.#doubles[table]
    if (known !== undefined && this.#isCurrent(table, known)) return known
    return (this.#doubles[table] = new Float64Array(this.memory.buffer, this.#at(table), this.#length(table) >>> 3))
  }

  /** Room for `bytes` bytes of a capture that whoever reads it can put where the kernel looks at them. */
  readingRoom(bytes: number): Uint8Array {
    const at = this.call.room(ROOM.reading, AHEAD + bytes) + AHEAD
    return (this.#room = new Uint8Array(this.#memory.buffer, at, bytes))
  }

  /** What is in the room, as far as `bytes`, with `left` in front of it; undefined where that does not fit, or `bytes` are not there. */
  joined(left: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
    const room = this.#room
    if (bytes.buffer !== room?.buffer || bytes.byteOffset !== room.byteOffset || left.length > AHEAD) return undefined
    const at = room.byteOffset - left.length
    const all = new Uint8Array(room.buffer, at, left.length + bytes.length)
    all.set(left)
    return all
  }

  /** The address of `bytes[from, to)`. They are copied to where the kernel can read them, unless they are there; until the next call. */
  place(bytes: Uint8Array, from: number, to: number): number {
    // Not the memory's buffer of now, which is another one once it has grown.
    if (bytes.buffer === this.#room?.buffer) return bytes.byteOffset + from
    const at = this.call.room(ROOM.placed, to - from)
    this.memory.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), at)
    return at
  }

  #at(table: number): number {
    return this.#directory[table * 2]
  }
  #length(table: number): number {
    return this.#directory[table * 2 + 1]
  }
  #isCurrent(table: number, view: { readonly byteOffset: number; readonly byteLength: number }): boolean {
    return view.byteOffset === this.#at(table) && view.byteLength === this.#length(table)
  }
}

/**
 * Whether there was no memory for what was to be kept: the kernel traps then. JavaScript says "Array buffer allocation failed" or "Invalid typed
 * array length"; no other RangeError is about memory.
 */
export function isOutOfMemory(error: unknown): boolean {
  if (error instanceof WebAssembly.RuntimeError) return /unreachable/.test(error.message)
  return error instanceof RangeError && /array/i.test(error.message)
}
