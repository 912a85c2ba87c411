import { describe, expect, it } from 'vitest'
import type { CaptureFacts } from '../../engine/engine.ts'
import type { ByteSource } from './byte-source.ts'
import type { Progress } from './engine-service.ts'
import { readCapture, type CaptureConsumer } from './read-capture.ts'

// The reading loop knows nothing of what the bytes mean, so a consumer that only counts them stands for the engine.
function counting(damagedAt = Infinity): CaptureConsumer & { readonly turns: number[] } {
  let bytesRead = 0
  return {
    turns: [],
    get bytesRead() {
      return bytesRead
    },
    get ended() {
      return bytesRead >= damagedAt
    },
    push(chunk) {
      bytesRead += chunk.length
    },
    finish() {},
    facts: () => ({ packets: bytesRead }) as unknown as CaptureFacts,
  }
}

function source(chunks: number, chunkSize = 1000, fail?: Error): ByteSource & { cancelled: boolean } {
  const self = {
    size: chunks * chunkSize,
    cancelled: false,
    stream: () => {
      let sent = 0
      return Promise.resolve(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            if (sent++ < chunks) controller.enqueue(new Uint8Array(chunkSize))
            else if (fail) controller.error(fail)
            else controller.close()
          },
          cancel() {
            self.cancelled = true
          },
        }),
      )
    },
    rest: () => Promise.reject(new Error('Nobody asks for it.')),
    read: () => Promise.resolve(new Uint8Array(0)),
    explain: (error: unknown) => Promise.resolve(`broke off: ${String(error)}`),
  }
  return self
}

async function read(from: ByteSource, engine: CaptureConsumer, signal = new AbortController().signal) {
  const reports: Progress[] = []
  await readCapture(from, engine, signal, (progress) => reports.push(progress))
  return { reports, last: reports[reports.length - 1] }
}

describe('reading a capture', () => {
  it('reports the start, and the end with everything read', async () => {
    const { reports, last } = await read(source(50), counting())
    expect(reports[0]).toMatchObject({ phase: 'reading', bytesRead: 0, size: 50_000 })
    expect(last).toMatchObject({ phase: 'done', bytesRead: 50_000 })
    expect(last.version).toBeGreaterThan(reports[0].version)
  })

  it('stops where the engine takes no more, without taking the rest', async () => {
    const from = source(1000)
    const { last } = await read(from, counting(5000))
    expect(last).toMatchObject({ phase: 'done', bytesRead: 5000 })
    expect(from.cancelled).toBe(true)
  })

  it('keeps what was read when it is cancelled', async () => {
    const from = source(Infinity)
    const control = new AbortController()
    const engine = counting()
    const push = engine.push.bind(engine)
    engine.push = (chunk) => {
      push(chunk)
      if (engine.bytesRead === 7000) control.abort()
    }
    const { last } = await read(from, engine, control.signal)
    expect(last).toMatchObject({ phase: 'cancelled', bytesRead: 7000 })
    expect(from.cancelled).toBe(true)
  })

  it('says why when the bytes stop coming', async () => {
    const { last } = await read(source(3, 1000, new Error('gone')), counting())
    expect(last).toMatchObject({ phase: 'failed', bytesRead: 3000, error: 'broke off: Error: gone' })
  })

  it('tells what came last also when nothing comes behind it', async () => {
    const control = new AbortController()
    const growing = { ...source(0), size: undefined }
    growing.stream = () =>
      Promise.resolve(
        new ReadableStream<Uint8Array>({
          start(controller) {
            // The second before it is time for another report.
            controller.enqueue(new Uint8Array(1000))
            controller.enqueue(new Uint8Array(500))
          },
        }),
      )
    const last = await new Promise<Progress>((resolve) => {
      const report = (progress: Progress) => progress.bytesRead === 1500 && progress.version > 1 && resolve(progress)
      void readCapture(growing, counting(), control.signal, report)
    })
    control.abort()
    expect(last.phase).toBe('reading')
  })

  it('lets questions be answered while chunks wait', async () => {
    const engine = counting()
    const push = engine.push.bind(engine)
    engine.push = (chunk) => {
      push(chunk)
      for (const end = performance.now() + 4; performance.now() < end;);
    }
    let answered = 0
    const ask = setInterval(() => answered++, 1)
    await read(source(40), engine)
    clearInterval(ask)
    expect(answered).toBeGreaterThan(3)
  })
})
