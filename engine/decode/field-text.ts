import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import type { FieldInfo, FieldValue } from './field-info.ts'

/** "Time to Live: 64"; `size` is the field's length in bytes, for hexadecimal numbers. */
export function fieldText(info: FieldInfo, value: FieldValue, size: number): string {
  if (info.type === 'none' || info.type === 'protocol') return info.description
  return `${info.description}: ${valueText(info, value, size * 2)}`
}

/** ".1.. .... = Don't fragment: Set" */
export function bitsText(info: FieldInfo, value: FieldValue, word: number, text?: string): string {
  const mask = info.mask ?? 0
  const width = info.width ?? 8
  const digits = Math.ceil(bitCount(mask) / 4)
  return `${drawBits(word, mask, width)} = ${info.description}: ${text ?? valueText(info, value, digits)}`
}

/** The value as the details show it. */
export function valueText(info: FieldInfo, value: FieldValue, hexDigits: number): string {
  if (typeof value === 'boolean') return value ? (info.words?.[0] ?? 'True') : (info.words?.[1] ?? 'False')
  if (typeof value === 'string') return value
  if (typeof value === 'number') {
    if (info.type === 'ipv4') return ipv4Text(value)
    return numberText(info, value, hexDigits)
  }
  if (info.type === 'ipv6') return ipv6Text(value)
  if (info.type === 'ether') return macText(value)
  return hexText(value)
}

/** The value as a display filter is given it: "10.0.0.1", "64", "0x0800", "True", "de:ad:be:ef". */
export function filterText(info: FieldInfo, value: FieldValue, size: number): string | undefined {
  if (info.type === 'none' || info.type === 'protocol') return undefined
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number' && info.type === 'uint') {
    return info.base?.startsWith('hex') ? hexNumber(value, size * 2) : String(value)
  }
  if (value instanceof Uint8Array && info.type === 'bytes') {
    return Array.from(value.subarray(0, MAX_BYTES), hexByte).join(':')
  }
  return valueText(info, value, size * 2)
}

function numberText(info: FieldInfo, value: number, hexDigits: number): string {
  const unit = info.unit ? ` ${info.unit}` : ''
  if (info.names) {
    const number = info.base === 'hex' ? hexNumber(value, hexDigits) : String(value)
    return `${info.names[value] ?? 'Unknown'} (${number})`
  }
  switch (info.base) {
    case 'hex':
      return hexNumber(value, hexDigits) + unit
    case 'dec-hex':
      return `${value} (${hexNumber(value, hexDigits)})`
    case 'hex-dec':
      return `${hexNumber(value, hexDigits)} (${value})`
    default:
      return value + unit
  }
}

const hexNumber = (value: number, digits: number): string => '0x' + value.toString(16).padStart(digits, '0')
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0')

/** Bytes shown before the dots. */
const MAX_BYTES = 48

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, MAX_BYTES), hexByte).join('') + (bytes.length > MAX_BYTES ? '…' : '')
}

/** The masked bits of a word, dots for the others, in groups of four: "..00 1010" */
function drawBits(word: number, mask: number, width: number): string {
  let text = ''
  for (let bit = width - 1; bit >= 0; bit--) {
    const weight = 2 ** bit
    const inMask = Math.floor(mask / weight) % 2 === 1
    text += inMask ? Math.floor(word / weight) % 2 : '.'
    if (bit % 4 === 0 && bit > 0) text += ' '
  }
  return text
}

function bitCount(mask: number): number {
  let count = 0
  for (let rest = mask; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}
