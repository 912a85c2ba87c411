import fc from 'fast-check'
import type { Frame } from './corpus.ts'
import { joined } from './mutate.ts'

// Packets built layer by layer, each layer carrying any other, mostly right and sometimes wrong in its lengths and types.

interface Layer {
  /** EtherType and IP protocol number that announce it. */
  readonly etherType: number
  readonly ipProtocol: number
  readonly bytes: Uint8Array
}

const byte = fc.nat(255)
const short = fc.nat(0xffff)
const wordBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

/** Mostly the truth, now and then a lie. */
const about = (truth: number, most: number) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(truth) }, { weight: 1, arbitrary: fc.nat(most) })

const payload: fc.Arbitrary<Layer> = fc
  .tuple(fc.uint8Array({ maxLength: 60 }), short, byte)
  .map(([bytes, etherType, ipProtocol]) => ({ etherType, ipProtocol, bytes }))

function short2(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff]
}

const tcpOption = fc.oneof(
  fc.constantFrom([1], [0], [2, 4, 5, 180], [3, 3, 7], [4, 2], [3, 2], [2, 3, 1]),
  wordBytes(8).map((times) => [8, 10, ...times]),
  fc
    .tuple(fc.nat(4), fc.nat(40))
    .chain(([blocks, lie]) => wordBytes(8 * blocks).map((edges) => [5, lie === 0 ? 255 : 2 + 8 * blocks, ...edges])),
  fc.tuple(byte, byte, fc.uint8Array({ maxLength: 6 })).map(([kind, length, rest]) => [kind, length, ...rest]),
)

const tcp: fc.Arbitrary<Layer> = fc
  .tuple(
    wordBytes(12),
    byte,
    short,
    fc.array(tcpOption, { maxLength: 5 }),
    fc.uint8Array({ maxLength: 30 }),
    fc.nat(15),
  )
  .map(([front, flags, window, options, data, lie]) => {
    const list = options.flat().slice(0, 40)
    while (list.length % 4 !== 0) list.push(1)
    const offset = lie === 0 ? front[0] & 0x0f : 5 + list.length / 4
    const bytes = Uint8Array.from([...front, offset << 4, flags, ...short2(window), 0, 0, 0, 0, ...list, ...data])
    return { etherType: 0x0800, ipProtocol: 6, bytes }
  })

const { layer: anyLayer } = fc.letrec<{ layer: Layer; etherLayer: Layer; ipLayer: Layer }>((tie) => {
  const inner = tie('layer')
  const network = tie('etherLayer')
  const transport = tie('ipLayer')

  const ipv4 = fc
    .tuple(transport, wordBytes(8), fc.uint8Array({ maxLength: 12 }), short, byte, fc.nat(20))
    .chain(([next, addresses, rest, fragment, ttl, lie]) => {
      const options = rest.slice(0, rest.length & ~3)
      const length = 20 + options.length + next.bytes.length
      return fc.tuple(about(length, 0xffff), about(next.ipProtocol, 255)).map(([total, protocol]) => ({
        etherType: 0x0800,
        ipProtocol: 4,
        bytes: joined(
          Uint8Array.from([
            ...[lie === 0 ? addresses[0] : 0x45 + options.length / 4, 0, ...short2(total), ...addresses.slice(0, 2)],
            ...[...(lie === 1 ? short2(fragment) : [0x40, 0]), ttl, protocol, 0, 0, ...addresses],
          ]),
          options,
          next.bytes,
        ),
      }))
    })

  const ipv6 = fc.tuple(transport, wordBytes(32), fc.nat(12)).chain(([next, addresses, lie]) =>
    fc.tuple(about(next.bytes.length, 0xffff), about(next.ipProtocol, 255)).map(([length, protocol]) => ({
      etherType: 0x86dd,
      ipProtocol: 41,
      bytes: joined(
        Uint8Array.from([lie === 0 ? addresses[0] : 0x60, 0, 0, 0, ...short2(length), protocol, 64, ...addresses]),
        next.bytes,
      ),
    })),
  )

  const extension = fc
    .tuple(transport, fc.constantFrom(0, 43, 60, 44, 51), fc.nat(3), wordBytes(40), about(0, 3))
    .map(([next, ipProtocol, units, filler, lie]) => ({
      etherType: 0x86dd,
      ipProtocol,
      bytes: joined(Uint8Array.from([next.ipProtocol, units + lie, ...filler.slice(0, 6 + 8 * units)]), next.bytes),
    }))

  const udp = fc
    .tuple(inner, short, fc.constantFrom(4789, 8472, 6081, 2152, 2123, 51_820, 4500, 53, 9999), wordBytes(8))
    .chain(([next, from, to, head]) => {
      const tunnel =
        to === 4789 || to === 8472
          ? [8, 0, 0, 0, ...head.slice(0, 3), 0]
          : to === 6081
            ? [head[0] & 0x83, 0, ...short2(head[1] & 1 ? 0x6558 : next.etherType), ...head.slice(0, 3), 0]
            : to === 2152
              ? [0x30 | (head[0] & 7), 255, ...short2(next.bytes.length + (head[0] & 7 ? 4 : 0)), ...head.slice(0, 4)]
              : []
      const bytes = joined(Uint8Array.from(tunnel), head[2] & 1 ? ethernetAround(next) : next.bytes)
      return about(8 + bytes.length, 0xffff).map((length) => ({
        etherType: 0x0800,
        ipProtocol: 17,
        bytes: joined(Uint8Array.from([...short2(from), ...short2(to), ...short2(length), 0, 0]), bytes),
      }))
    })

  const gre = fc.tuple(network, byte, wordBytes(16), fc.boolean()).map(([next, flags, fields, bridged]) => ({
    etherType: 0x0800,
    ipProtocol: 47,
    bytes: joined(
      Uint8Array.from([flags & 0xf0, flags & 1, ...short2(bridged ? 0x6558 : next.etherType)]),
      fields.subarray(0, [0x80, 0x20, 0x10].filter((bit) => flags & bit).length * 4),
      bridged ? ethernetAround(next) : next.bytes,
    ),
  }))

  const icmp = fc
    .tuple(ipv4, fc.constantFrom(0, 3, 3, 4, 5, 8, 11, 12), byte, wordBytes(6))
    .map(([quoted, type, code, rest]) => ({
      etherType: 0x0800,
      ipProtocol: 1,
      bytes: joined(Uint8Array.from([type, code, ...rest]), quoted.bytes),
    }))

  const icmpv6 = fc
    .tuple(ipv6, fc.constantFrom(1, 2, 3, 4, 128, 135, 136), byte, wordBytes(6))
    .map(([quoted, type, code, rest]) => ({
      etherType: 0x86dd,
      ipProtocol: 58,
      bytes: joined(Uint8Array.from([type, code, ...rest]), quoted.bytes),
    }))

  const vlan = fc.tuple(network, fc.constantFrom(0x8100, 0x88a8, 0x9100), short).map(([next, etherType, tag]) => ({
    etherType,
    ipProtocol: 0,
    bytes: joined(Uint8Array.from([...short2(tag), ...short2(next.etherType)]), next.bytes),
  }))

  const mpls = fc.tuple(network, fc.array(wordBytes(4), { maxLength: 3 })).map(([next, labels]) => ({
    etherType: 0x8847,
    ipProtocol: 137,
    bytes: joined(
      ...labels.map((label) => Uint8Array.from([label[0], label[1], label[2] & 0xfe, label[3]])),
      Uint8Array.of(0, 1, 1, 64),
      next.bytes,
    ),
  }))

  const pppoe = fc.tuple(network, byte, short).chain(([next, code, session]) =>
    about(next.bytes.length + 2, 0xffff).map((length) => ({
      etherType: 0x8864,
      ipProtocol: 0,
      bytes: joined(
        Uint8Array.from([
          0x11,
          code > 9 ? 0 : code,
          ...short2(session),
          ...short2(length),
          0,
          next.etherType === 0x86dd ? 0x57 : 0x21,
        ]),
        next.bytes,
      ),
    })),
  )

  const arp = fc.tuple(wordBytes(24), about(6, 255), about(4, 255)).map(([rest, hardware, protocol]) => ({
    etherType: 0x0806,
    ipProtocol: 0,
    bytes: Uint8Array.from([0, 1, 8, 0, hardware, protocol, 0, 1, ...rest.slice(0, 20)]),
  }))

  const sctp = fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ etherType: 0x0800, ipProtocol: 132, bytes }))

  const some = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
  return {
    layer: fc.oneof({ depthSize: 'small', withCrossShrink: true }, payload, tcp, network, transport),
    etherLayer: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      ...[some(1, payload), some(5, ipv4), some(4, ipv6), some(2, vlan), some(1, mpls), some(1, pppoe), some(1, arp)],
    ),
    ipLayer: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      ...[some(1, payload), some(5, tcp), some(4, udp), some(1, gre), some(1, icmp), some(1, icmpv6)],
      ...[some(1, extension), some(1, ipv4), some(1, ipv6), some(1, sctp)],
    ),
  }
})

function ethernetAround({ etherType, bytes }: Layer): Uint8Array {
  return joined(Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...short2(etherType)]), bytes)
}

/** What stands in front of a layer, by link type. */
const FRAMINGS: readonly ((layer: Layer) => { readonly linkType: number; readonly bytes: Uint8Array })[] = [
  (layer) => ({ linkType: 1, bytes: ethernetAround(layer) }),
  (layer) => ({ linkType: 1, bytes: ethernetAround(layer) }),
  ({ bytes }) => ({ linkType: 101, bytes }),
  ({ etherType, bytes }) => ({
    linkType: 113,
    bytes: joined(Uint8Array.from([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...short2(etherType)]), bytes),
  }),
  ({ etherType, bytes }) => ({
    linkType: 276,
    bytes: joined(Uint8Array.from([...short2(etherType), 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]), bytes),
  }),
  ({ etherType, bytes }) => ({
    linkType: 0,
    bytes: joined(Uint8Array.of(etherType === 0x86dd ? 10 : 2, 0, 0, 0), bytes),
  }),
  ({ etherType, bytes }) => ({
    linkType: 9,
    bytes: joined(Uint8Array.of(0xff, 3, 0, etherType === 0x86dd ? 0x57 : 0x21), bytes),
  }),
]

/** A frame of some link type, whole or cut by a snap length. */
export const frame: fc.Arbitrary<Frame> = fc
  .tuple(anyLayer, fc.constantFrom(...FRAMINGS), fc.nat(300), fc.nat(3))
  .map(([layer, around, snapLength, cut]) => {
    const { linkType, bytes } = around(layer)
    return { linkType, length: bytes.length, bytes: cut === 0 ? bytes.slice(0, snapLength) : bytes }
  })
