import { Engine } from '../engine.ts'

/** An engine that has read the whole capture. */
export function readWhole(bytes: Uint8Array): Engine {
  const engine = new Engine()
  engine.push(bytes)
  engine.finish()
  return engine
}
