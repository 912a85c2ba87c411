import { formatCounted } from '../components/format.ts'
import { preferences } from './preferences.ts'

const LARGEST_FILE = 4 << 20
/** As many as are remembered: hosts files with more are lists of advertisers to be blocked. */
const MOST_HOSTS = 10_000
const NOT_NAMES: ReadonlySet<string> = new Set(['0.0.0.0', '127.0.0.1', '::1', '::'])

/** The first name of each address in the text of a hosts file (hosts(5)): "10.0.0.7 orders orders.shop # the old one". */
export function readHostsFile(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  let count = 0
  for (const line of text.split(/\r?\n/)) {
    const [address = '', name] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (name === undefined || NOT_NAMES.has(address) || !/^[\d.]+$|^[\da-f:.]+$/i.test(address)) continue
    const key = address.toLowerCase()
    if (Object.hasOwn(found, key)) continue
    if (count++ >= MOST_HOSTS) break
    found[key] = name
  }
  return found
}

/** Asks for a hosts file and adds its names to those known; what came of it, for the person. */
export async function addHostsFile(): Promise<string> {
  const file = await chooseFile()
  if (!file) return ''
  if (file.size > LARGEST_FILE) return `${file.name} is too large for a hosts file`
  const found = readHostsFile(await file.text())
  const count = Object.keys(found).length
  if (count === 0) return `${file.name} names no address; a line of a hosts file is an address and its names`
  preferences.setState(({ hosts }) => ({ hosts: { ...hosts, ...found }, resolveNames: true }))
  return `${formatCounted(count, 'name')} added from ${file.name}`
}

/** The browser's own dialog; undefined when it was closed without a choice. */
function chooseFile(): Promise<File | undefined> {
  const input = document.createElement('input')
  input.type = 'file'
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(input.files?.[0]))
    input.addEventListener('cancel', () => resolve(undefined))
    input.click()
  })
}
