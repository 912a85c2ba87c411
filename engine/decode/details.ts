import type { DetailNode } from '../answers.ts'
import { decodeFrame } from './decode.ts'
import type { FieldInfo, FieldValue } from './field-info.ts'
import { bitsText, fieldText, filterText } from './field-text.ts'
import { FieldWriter } from './field-writer.ts'
import { decodeErrorText, FIELDS, writeApplication, writeFields } from './fields.ts'
import { frameNode } from './frame-details.ts'
import { DECODE_ERROR, Packet } from './packet.ts'
import type { PacketContext } from './packet-context.ts'

export type { PacketContext, TcpContext } from './packet-context.ts'

/** A node while its children are still being added. */
interface OpenNode {
  field?: string
  text: string
  value?: string
  from: number
  to: number
  children: OpenNode[]
  tone?: 'warn' | 'note'
}

/**
 * The tree of a frame's headers: the frame itself, then a node for each layer with all of its fields. `bytes` are the frame's,
 * `length` its length on the wire. Byte positions count from the frame's first byte.
 * Never throws: of a malformed or cut packet, what could be read, and last a node that says what is missing.
 */
export function describePacket(
  bytes: Uint8Array,
  capturedLength: number,
  length: number,
  linkType: number,
  context: PacketContext,
): DetailNode[] {
  const packet = new Packet()
  const captured = Math.min(capturedLength, bytes.length)
  decodeFrame(packet, bytes, 0, captured, length, linkType)
  const tree = new TreeWriter()
  writeFields(packet, tree, context)
  writeApplication(packet, tree)
  const nodes = [frameNode(packet, captured, length, context), ...tree.roots]
  const error = decodeErrorText(packet)
  if (error !== undefined) {
    const from = Math.min(Math.max(packet.errorAt, 0), captured)
    const tone = packet.error === DECODE_ERROR.notDecoded ? 'note' : 'warn'
    nodes.push({ text: error, from, to: captured, children: [], tone })
  }
  return nodes
}

class TreeWriter extends FieldWriter {
  readonly roots: OpenNode[] = []
  /** The nodes around the next field, outermost first. */
  readonly #around: OpenNode[] = []
  #last: OpenNode | undefined

  constructor() {
    super(true)
  }

  override wants(): boolean {
    return true
  }

  protected override info(field: string): FieldInfo | undefined {
    return FIELDS.get(field)
  }

  protected override add(field: string, value: FieldValue, from: number, to: number, text?: string): void {
    const info = FIELDS.get(field)
    if (!info) return
    this.#push(field, text ?? fieldText(info, value, to - from), filterText(info, value, to - from), from, to)
  }

  protected override addBits(
    field: string,
    value: FieldValue,
    from: number,
    to: number,
    word: number,
    text?: string,
  ): void {
    const info = FIELDS.get(field)
    if (!info) return
    this.#push(field, bitsText(info, value, word, text), filterText(info, value, to - from), from, to)
  }

  override layer(protocol: string, from: number, to: number, title: string): void {
    this.#push(protocol, title, undefined, from, to)
    this.down()
  }

  override endLayer(): void {
    this.#around.length = 0
  }

  override down(): void {
    if (this.#last) this.#around.push(this.#last)
  }

  override up(): void {
    this.#last = this.#around.pop()
  }

  override append(text: string): void {
    if (this.#last) this.#last.text += text
  }

  override note(text: string, from: number, to: number, tone?: 'warn' | 'note'): void {
    this.#push(undefined, text, undefined, from, to)
    if (tone && this.#last) this.#last.tone = tone
  }

  #push(field: string | undefined, text: string, value: string | undefined, from: number, to: number): void {
    const node: OpenNode = { text, from: from - this.start, to: to - this.start, children: [] }
    if (field !== undefined) node.field = field
    if (value !== undefined) node.value = value
    const parent = this.#around.at(-1)
    if (parent) parent.children.push(node)
    else this.roots.push(node)
    this.#last = node
  }
}
