// Rewrites what a capture tool put around the packets of a little-endian pcapng file: it names no machine, the comments are ours.
const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const NAMES = 4
const ENHANCED_PACKET = 6
const OPTION = { comment: 1, hardware: 2, shbOs: 3, application: 4, ifName: 2, ifDescription: 3, ifOs: 12 }

/**
 * @param {Buffer} file
 * @param {object} changes
 * @param {string} changes.os e.g. "Linux 6.18.44"
 * @param {string} changes.comment of the whole capture
 * @param {string} [changes.interface] description of the interface
 * @param {Record<string, string>} [changes.names] IPv4 address to name, written as a name resolution block
 * @param {{ time: number, text: string }[]} [changes.notes] comments for the first packet at or after `time` (ms since 1970)
 * @returns {Buffer}
 */
export function dress(file, { os, comment, interface: description, names, notes = [] }) {
  const out = []
  const waiting = [...notes].sort((a, b) => a.time - b.time)
  let units = 1e6
  for (const { type, body } of blocks(file)) {
    if (type === SECTION) {
      const options = optionsOf(body.subarray(16)).filter(
        ({ code }) => ![OPTION.hardware, OPTION.comment].includes(code),
      )
      for (const option of options) if (option.code === OPTION.shbOs) option.value = Buffer.from(os)
      out.push(block(type, body.subarray(0, 16), [{ code: OPTION.comment, value: Buffer.from(comment) }, ...options]))
    } else if (type === INTERFACE) {
      const options = optionsOf(body.subarray(8)).filter(
        ({ code }) => code !== OPTION.ifOs && code !== OPTION.ifDescription,
      )
      const resolution = options.find(({ code }) => code === 9)
      if (resolution) units = 10 ** resolution.value[0]
      if (description) options.push({ code: OPTION.ifDescription, value: Buffer.from(description) })
      out.push(block(type, body.subarray(0, 8), options))
      if (names) out.push(nameBlock(names))
    } else if (type === ENHANCED_PACKET) {
      const time = Number((BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8))) / (units / 1000)
      const data = 20 + Math.ceil(body.readUInt32LE(12) / 4) * 4
      const options = optionsOf(body.subarray(data))
      while (waiting.length > 0 && waiting[0].time <= time) {
        options.unshift({ code: OPTION.comment, value: Buffer.from(waiting.shift().text) })
      }
      out.push(block(type, body.subarray(0, data), options))
    } else if (type !== NAMES) {
      out.push(block(type, body, []))
    }
  }
  return Buffer.concat(out)
}

function* blocks(file) {
  for (let at = 0; at < file.length;) {
    const length = file.readUInt32LE(at + 4)
    yield { type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) }
    at += length
  }
}

function optionsOf(bytes) {
  const options = []
  for (let at = 0; at + 4 <= bytes.length;) {
    const code = bytes.readUInt16LE(at)
    const length = bytes.readUInt16LE(at + 2)
    if (code === 0) break
    options.push({ code, value: bytes.subarray(at + 4, at + 4 + length) })
    at += 4 + Math.ceil(length / 4) * 4
  }
  return options
}

function block(type, fixed, options) {
  const parts = [fixed]
  for (const { code, value } of options) parts.push(option(code, value))
  if (options.length > 0) parts.push(Buffer.alloc(4))
  const body = Buffer.concat(parts)
  const out = Buffer.alloc(body.length + 12)
  out.writeUInt32LE(type, 0)
  out.writeUInt32LE(out.length, 4)
  body.copy(out, 8)
  out.writeUInt32LE(out.length, out.length - 4)
  return out
}

function option(code, value) {
  const out = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  out.writeUInt16LE(code, 0)
  out.writeUInt16LE(value.length, 2)
  value.copy(out, 4)
  return out
}

function nameBlock(names) {
  const records = Object.entries(names).map(([address, name]) =>
    option(1, Buffer.concat([Buffer.from(address.split('.').map(Number)), Buffer.from(`${name}\0`)])),
  )
  return block(NAMES, Buffer.concat([...records, Buffer.alloc(4)]), [])
}
