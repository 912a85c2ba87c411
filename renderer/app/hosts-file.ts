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
