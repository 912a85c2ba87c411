import type { FieldCatalog } from '../../engine/query/filter/field-catalog.ts'
import type { FilterField, FilterType } from '../../engine/query/filter/filter-field.ts'
import type { Random } from './random.ts'

// Display filters at random: most of them right, many almost right, some of them noise.

const RELATIONS = [
  '==',
  '!=',
  '>',
  '<',
  '>=',
  '<=',
  'eq',
  'ne',
  'gt',
  'lt',
  'ge',
  'le',
  '===',
  '!==',
  '~=',
  '&',
  '~',
  '=',
]
const VALUES: Readonly<Record<FilterType, readonly string[]>> = {
  uint: [
    '0',
    '1',
    '80',
    '443',
    '8080',
    '65535',
    '65536',
    '4294967295',
    '4294967296',
    '0x10',
    '010',
    '-1',
    '1e9',
    '99999999999999999999',
  ],
  double: ['0', '1.5', '-0.001', '1e308', '1e-9', '.5', '5.'],
  bool: ['0', '1', 'true', 'false', 'TRUE', '2'],
  duration: ['0.2', '200ms', '1e3us', '5s', '-1', '1m', '99999999999'],
  time: ['0', '"2026-11-21 02:30:00"', '1795228177.5', '-1', '"yesterday"'],
  ipv4: ['10.244.1.17', '10.244.0.0/16', '0.0.0.0/0', '10.0.0.1/33', '1.2.3', '256.1.1.1', '255.255.255.255/32'],
  ipv6: ['::', '::1', 'fd00:10:244:1::5a', 'fd00::/8', '::ffff:10.0.0.1', '1::2::3', 'fe80::1/129', 'fd00::/0'],
  ether: ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', '0a-58-0a-f4-01-07', '02:00', '0a58.0af4.0107'],
  bytes: ['02:00', '"GET"', 'de:ad:be:ef', '0xdead', '00', '"\\x00\\xff"', '47:4'],
  string: ['"refused"', '"a\\"b"', 'r"\\d"', '"ü"', '""', "'x'", '"\\u{1f600}"'],
  protocol: ['"HTTP/1.1"', '47:45:54', '"\\r\\n"', '0x474554'],
  none: ['1', '"x"'],
}
const PATTERNS = [
  'GET',
  '^(a+)+$',
  '(a|aa)*b',
  '[^x]*x{2,40}',
  '(?i)http',
  '\\x48',
  '.*.*.*=',
  '[a-',
  '(',
  'a{1000}',
  '(a{50}){50}',
  '\\bH',
  '[[:alpha:]]',
  '(?=x)',
  '\\1',
  'é',
  '$^',
  '|||',
]
const JOINS = ['&&', '||', 'and', 'or', '^^', 'xor', 'AND', 'Or']
const NOISE = [
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '\\',
  '..',
  ',',
  '!',
  '#',
  '@',
  '$',
  '\u0000',
  '\u{1f980}',
  ' ',
  '\n',
  '==',
  '&&',
  '%',
  '/*',
  '~',
]

export function randomFilter(random: Random, catalog: FieldCatalog, names: readonly string[]): string {
  let text = random.once(30) ? nested(random, catalog, names) : expression(random, catalog, names, 3)
  for (let times = random.once(3) ? 1 + random.small(4) : 0; times > 0; times--) text = spoilt(random, text)
  return text
}

function expression(random: Random, catalog: FieldCatalog, names: readonly string[], depth: number): string {
  if (depth === 0 || random.once(2)) return test(random, catalog, names)
  const inner = () => expression(random, catalog, names, depth - 1)
  switch (random.below(4)) {
    case 0:
      return `(${inner()})`
    case 1:
      return `${random.pick(['!', 'not ', 'NOT '])}${inner()}`
    default:
      return `${inner()} ${random.pick(JOINS)} ${inner()}`
  }
}

function test(random: Random, catalog: FieldCatalog, names: readonly string[]): string {
  const name = random.pick(names)
  const field = catalog.get(name)
  const operand = random.once(8) ? `${name}${slice(random)}` : random.once(12) ? calculated(random, name) : name
  const textual = field === undefined || ['string', 'bytes', 'protocol', 'ether'].includes(field.type)
  // What looks into text is asked of numbers now and then too.
  switch (textual || random.once(6) ? random.below(8) : random.pick([0, 1, 4, 5])) {
    case 0:
      return operand
    case 1:
      return `${operand} ${random.pick(['in', 'not in', 'IN'])} {${set(random, field)}}`
    case 2:
      return `${operand} contains ${value(random, field)}`
    case 3:
      return `${operand} ${random.pick(['matches', '~'])} ${random.pick(['"', 'r"'])}${random.pick(PATTERNS)}"`
    case 4:
      return `${random.pick(['any ', 'all ', ''])}${operand} ${random.pick(RELATIONS)} ${random.once(3) ? random.pick(names) : value(random, field)}`
    default:
      return `${operand} ${random.pick(RELATIONS)} ${value(random, field)}`
  }
}

function value(random: Random, field: FilterField | undefined): string {
  // Mostly of the field's own type.
  const type = random.once(6) || !field ? random.pick(Object.keys(VALUES)) : field.type
  return random.pick(Object.entries(VALUES).find(([key]) => key === type)?.[1] ?? ['1'])
}

function set(random: Random, field: FilterField | undefined): string {
  const element = () => (random.once(3) ? `${value(random, field)}..${value(random, field)}` : value(random, field))
  return Array.from({ length: random.small(5) }, element).join(random.pick([', ', ' ', ',']))
}

const slice = (random: Random) =>
  random.pick(['[0]', '[0:2]', '[-1]', '[2-4]', '[:3]', '[1:]', '[99999:1]', '[0,2:2]', '#1', '#[1:2]', '[', '[a]'])

const calculated = (random: Random, name: string) =>
  random.pick([
    `len(${name})`,
    `count(${name})`,
    `${name} + 1`,
    `${name} & 0xff`,
    `-${name}`,
    `${name} / 0`,
    `${name} % 7`,
    `max(${name}, 1)`,
    `lower(${name})`,
    `string(${name})`,
    `nothing(${name})`,
  ])

function nested(random: Random, catalog: FieldCatalog, names: readonly string[]): string {
  const depth = random.pick([50, 1000, 20_000])
  const inner = test(random, catalog, names)
  switch (random.below(4)) {
    case 0:
      return `${'('.repeat(depth)}${inner}${')'.repeat(depth - random.below(2))}`
    case 1:
      return `${'!'.repeat(depth)}${inner}`
    case 2:
      return Array.from({ length: Math.min(depth, 2000) }, () => inner).join(' || ')
    default:
      return `tcp.port in {${Array.from({ length: Math.min(depth, 5000) }, (_, port) => port).join(',')}}`
  }
}

function spoilt(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.small(6))
    case 2:
      return text.slice(0, at) + random.pick(NOISE) + text.slice(at)
    default:
      return text.slice(0, at) + String.fromCodePoint(random.below(0xd7ff)) + text.slice(at)
  }
}
