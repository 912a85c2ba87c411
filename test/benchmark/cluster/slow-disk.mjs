// With node --import: a disk that takes so many bytes a second, for what is written to files through node:fs.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

const PER_MS = Number(process.env['SLOW_DISK_BYTES_PER_SECOND']) / 1000

const { writeSync } = fs
fs.writeSync = (...args) => {
  const written = writeSync(...args)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, written / PER_MS)
  return written
}
syncBuiltinESMExports()

const handle = await fs.promises.open(process.execPath)
const prototype = Object.getPrototypeOf(handle)
await handle.close()
const { write } = prototype
prototype.write = async function slowly(...args) {
  const result = await write.apply(this, args)
  await sleep(result.bytesWritten / PER_MS)
  return result
}
