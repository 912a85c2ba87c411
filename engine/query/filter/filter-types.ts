import type { FilterType } from './filter-field.ts'

const NUMBERS: ReadonlySet<FilterType> = new Set(['uint', 'double', 'bool'])

/** Whether values of the two types can be compared with each other. */
export function comparable(a: FilterType, b: FilterType): boolean {
  if (a === 'none' || b === 'none') return false
  const bytes = (type: FilterType) => type === 'bytes' || type === 'protocol'
  const kin = (type: FilterType) => bytes(type) || type === 'ether' || type === 'ipv6'
  return a === b || (NUMBERS.has(a) && NUMBERS.has(b)) || (bytes(a) && kin(b)) || (kin(a) && bytes(b))
}

/** What a field of the type is, in a message. */
export function described(type: FilterType): string {
  switch (type) {
    case 'uint':
    case 'double':
      return 'a number'
    case 'bool':
      return 'true or false'
    case 'duration':
      return 'a duration'
    case 'time':
      return 'a time'
    case 'ipv4':
      return 'an IPv4 address'
    case 'ipv6':
      return 'an IPv6 address'
    case 'ether':
      return 'a hardware address'
    case 'bytes':
      return 'bytes'
    case 'string':
      return 'text'
    case 'protocol':
      return 'a protocol'
    case 'none':
      return 'without a value'
  }
}
