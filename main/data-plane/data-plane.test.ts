import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { HostError } from '../../common/host-error.ts'
import { excerptsBody } from '../../common/model/capture-excerpts.ts'
import { piecesText } from '../../common/model/capture-pieces.ts'
import { bodyOf, bytesOf, errorOf, pattern, serving } from '../../test/support/served-capture.ts'

describe('the data plane', () => {
  it('sends a whole file with its length', async () => {
    const { ask } = await serving(pattern(1_000_000))
    const answer = await ask({})
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-length': '1000000',
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
    })
    expect(await bytesOf(answer)).toEqual(pattern(1_000_000))
  })

  it('sends exactly the bytes of a range, across its chunks', async () => {
    const { ask } = await serving(pattern(5_000_000))
    const answer = await ask({ range: 'bytes=1048575-4194305' })
    expect(answer.status).toBe(206)
    expect(answer.headers['content-range']).toBe('bytes 1048575-4194305/5000000')
    expect(answer.headers['content-length']).toBe('3145731')
    expect(Buffer.compare(await bytesOf(answer), pattern(5_000_000).subarray(1_048_575, 4_194_306))).toBe(0)
  })

  it('answers HEAD with the headers alone', async () => {
    const { ask } = await serving(pattern(10))
    const answer = await ask({ method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '10' } })
    expect(answer.body).toBeUndefined()
  })

  it('answers 416 with the size to a range behind the end', async () => {
    const { ask } = await serving(pattern(10))
    expect(await ask({ range: 'bytes=10-' })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } })
  })

  it('follows a growing file until its writer finishes it', async () => {
    const { ask, capture, path } = await serving(pattern(100), { growing: true })
    const answer = await ask({ query: 'follow=1&from=50' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-length']).toBeUndefined()
    const reading = bytesOf(answer)
    for (let size = 100; size < 500; size += 100) {
      await appendFile(path, pattern(size + 100).subarray(size))
      capture.grew()
      await wait(5)
    }
    capture.finish()
    expect(await reading).toEqual(pattern(500).subarray(50))
  })

  it('sends no byte that the writer of a growing file may take back', async () => {
    let written = 100
    const { ask, capture, path } = await serving(pattern(130), { growing: true, written: () => written })
    expect(capture.describe().size).toBe(100)
    expect(await bytesOf(await ask({}))).toEqual(pattern(100))
    const body = (await ask({ query: 'follow=1' })).body
    expect((await body?.next())?.value?.length).toBe(100)
    const next = body?.next()
    await appendFile(path, pattern(150).subarray(130))
    written = 120
    capture.grew()
    expect(Buffer.compare((await next)?.value ?? new Uint8Array(), pattern(120).subarray(100))).toBe(0)
    await truncate(path, 120)
    capture.finish()
    expect(await body?.next()).toMatchObject({ done: true })
    expect(await bytesOf(await ask({}))).toEqual(pattern(120))
    await truncate(path, 80)
    expect((await errorOf(await ask({})))[2]).toMatch(/was cut from 120 to 80 bytes/)
  })

  it('notices growth that nobody announces', async () => {
    const { ask, capture, path } = await serving(pattern(10), { growing: true })
    const body = (await ask({ query: 'follow=1' })).body
    expect((await body?.next())?.value?.length).toBe(10)
    const next = body?.next()
    await appendFile(path, 'more')
    expect(Buffer.from((await next)?.value ?? []).toString()).toBe('more')
    capture.finish()
    expect(await body?.next()).toMatchObject({ done: true })
  })

  it('waits where a reader resumes behind the present end', async () => {
    const { ask, capture, path } = await serving(pattern(10), { growing: true })
    const reading = bytesOf(await ask({ query: 'follow=1&from=12' }))
    await appendFile(path, pattern(20).subarray(10))
    capture.finish()
    expect(await reading).toEqual(pattern(20).subarray(12))
  })

  it('breaks a followed stream off with the reason when its writer failed', async () => {
    const { ask, capture } = await serving(pattern(10), { growing: true })
    const reading = bytesOf(await ask({ query: 'follow=1' }))
    capture.fail(new HostError('unavailable', 'The pod was deleted.'))
    await expect(reading).rejects.toThrow('The pod was deleted.')
  })

  it('ends a followed stream and closes the file when the reader leaves', async () => {
    const { ask, leave, openFiles } = await serving(pattern(10), { growing: true })
    const body = (await ask({ query: 'follow=1' })).body
    await body?.next()
    const waiting = body?.next()
    leave.abort()
    await waiting?.catch(() => undefined)
    await expect.poll(openFiles).toBe(0)
  })

  it('closes the file of an answer that nobody begins to read', async () => {
    const { ask, leave, openFiles } = await serving(pattern(10))
    await ask({})
    expect(openFiles()).toBe(1)
    leave.abort()
    await expect.poll(openFiles).toBe(0)
  })

  it.each([
    ['a range', { range: 'bytes=1-5' }],
    ['what is followed', { query: 'follow=1' }],
    ['excerpts', { method: 'POST', query: 'excerpts=2', body: bodyOf(excerptsBody(Float64Array.of(1, 5))) }],
    ['a HEAD', { method: 'HEAD' }],
  ])('closes the file at the end of %s', async (_, request) => {
    const { ask, openFiles } = await serving(pattern(10))
    await bytesOf(await ask(request))
    expect(openFiles()).toBe(0)
  })

  it('says that a file was deleted', async () => {
    const { ask, path } = await serving(pattern(10))
    await rm(path)
    expect(await errorOf(await ask({}))).toEqual([404, 'not-found', `${path}: There is no such file.`])
  })

  it('does not serve another file that took the name: offsets would point into other packets', async () => {
    const { ask, path } = await serving(pattern(10))
    await writeFile(`${path}.new`, pattern(500))
    await rename(`${path}.new`, path)
    expect(await errorOf(await ask({}))).toEqual([
      404,
      'not-found',
      `${path} was replaced by another file: open it again.`,
    ])
  })

  it('says that a file was cut', async () => {
    const { ask, path } = await serving(pattern(10))
    await truncate(path, 4)
    expect(await errorOf(await ask({}))).toEqual([
      409,
      'unavailable',
      `${path} was cut from 10 to 4 bytes: open it again.`,
    ])
  })

  it('breaks off rather than ending early when a file is cut while it is read', async () => {
    const { ask, path } = await serving(pattern(5_000_000))
    const body = (await ask({})).body
    await body?.next()
    await truncate(path, 3_000_000)
    const rest = (async () => {
      while (!(await body?.next())?.done);
    })()
    await expect(rest).rejects.toThrow(`${path} was cut to 3000000 bytes while it was read`)
  })

  it.each(['from=-1', 'from=abc', 'from=99999999999999999', 'from='])('refuses to follow %s', async (from) => {
    const { ask } = await serving(pattern(10), { growing: true })
    expect((await ask({ query: `follow=1&${from}` })).status).toBe(400)
  })

  it.each([
    '',
    '1',
    '1:',
    '-1:5',
    '1:2,',
    '1:2;3:4',
    '99999999999999999:1',
    '0:9999999',
    '5:1,-7',
    '0:4194305',
    '0:1'.concat(',0'.repeat(8192)),
  ])('refuses the pieces "%s"', async (pieces) => {
    const { ask } = await serving(pattern(10))
    expect((await ask({ query: `pieces=${pieces}` })).status).toBe(400)
  })

  it('sends excerpts, up to the first that the end cuts', async () => {
    const bytes = pattern(3_000_000)
    const { ask } = await serving(bytes)
    const excerpts = async (length: number, places: readonly number[]) =>
      bytesOf(
        await ask({
          method: 'POST',
          query: `excerpts=${length}`,
          body: bodyOf(excerptsBody(Float64Array.from(places))),
        }),
      )
    const close = Array.from({ length: 20_000 }, (_, n) => n * 100)
    const far = Array.from({ length: 20 }, (_, n) => 2_000_000 + n * 45_000)
    const overlapping = [2_990_000, 2_990_001, 2_990_001]
    const places = [...close, ...far, ...overlapping]
    const expected = (length: number) => Buffer.concat(places.map((at) => bytes.subarray(at, at + length)))
    for (const length of [2, 7, 64])
      expect(Buffer.compare(await excerpts(length, [...places, 2_999_999, 4e9]), expected(length))).toBe(0)
    expect(await excerpts(1, [2_999_999, 3_000_000])).toEqual(bytes.subarray(2_999_999))
    expect(await excerpts(4, [])).toEqual(new Uint8Array(0))
  })

  it('sends no excerpts that were not read, to who leaves', async () => {
    const { ask, leave, openFiles } = await serving(pattern(100))
    leave.abort()
    const body = bodyOf(excerptsBody(Float64Array.of(1, 50)))
    expect((await ask({ method: 'POST', query: 'excerpts=4', body })).status).not.toBe(200)
    expect(openFiles()).toBe(0)
  })

  it('reads no further excerpts for who leaves, and closes the file', async () => {
    const { ask, leftAfter, openFiles } = await serving(pattern(30 * 100_000))
    const reads = leftAfter(3)
    const body = bodyOf(excerptsBody(Float64Array.from({ length: 30 }, (_, n) => n * 100_000)))
    await expect(bytesOf(await ask({ method: 'POST', query: 'excerpts=4', body }))).rejects.toThrow()
    // Of those that were under way.
    expect(reads()).toBeLessThan(6)
    await expect.poll(openFiles).toBe(0)
  })

  it('reads no further pieces for who leaves, and closes the file', async () => {
    const { ask, leftAfter, openFiles } = await serving(pattern(100 * 70_000))
    const reads = leftAfter(3)
    const pieces = Array.from({ length: 100 }, (_, n) => ({ offset: n * 70_000, length: 4 }))
    expect((await ask({ query: `pieces=${piecesText(pieces)}` })).status).not.toBe(200)
    // Of those that were under way.
    expect(reads()).toBeLessThan(40)
    expect(openFiles()).toBe(0)
  })

  it('looks no further for who leaves, and closes the file', async () => {
    const { ask, leftAfter, openFiles } = await serving(pattern(20 * 262_144))
    const reads = leftAfter(3)
    await ask({ query: `find=000001&from=0&to=${20 * 262_144}` })
    expect(reads()).toBeLessThan(6)
    expect(openFiles()).toBe(0)
  })

  it('refuses excerpts that are none, too many, or asked for without saying where', async () => {
    const { ask } = await serving(pattern(100))
    const asked = (query: string, body: Uint8Array) => ask({ method: 'POST', query, body: bodyOf(body) })
    expect((await asked('excerpts=2', Uint8Array.of(0x80))).status).toBe(400)
    expect((await asked('excerpts=65', Uint8Array.of(1))).status).toBe(400)
    expect((await asked('excerpts=2', new Uint8Array(1 << 20))).status).toBe(400)
    expect((await asked('follow=1', Uint8Array.of(1))).status).toBe(400)
    expect((await ask({ query: 'excerpts=2', method: 'PUT' })).status).toBe(400)
    expect(await bytesOf(await ask({ method: 'POST', query: 'excerpts=2' }))).toEqual(new Uint8Array(0))
  })

  it('reads pieces that lie close together as one, in any order, and what is there of those that reach beyond the end', async () => {
    const all = pattern(3_000_000)
    const { ask, openFiles } = await serving(all)
    const near = Array.from({ length: 3000 }, (_, n) => ({ offset: 1000 + n * 900, length: 54 + (n % 40) }))
    const pieces = [
      ...near,
      { offset: 5, length: 1 },
      { offset: 2_999_990, length: 20 },
      { offset: 2_000_000, length: 600_000 },
      { offset: 2_000_000, length: 600_000 },
      { offset: 3_000_000, length: 1 },
      { offset: 0, length: 0 },
    ]
    const bytes = await bytesOf(await ask({ query: `pieces=${piecesText(pieces)}` }))
    const expected = pieces.map(({ offset, length }) => {
      const piece = all.subarray(offset, offset + length)
      return Buffer.concat([Uint8Array.from([0, 8, 16, 24], (shift) => piece.length >>> shift), piece])
    })
    expect(Buffer.compare(bytes, Buffer.concat(expected))).toBe(0)
    expect(openFiles()).toBe(0)
  })

  it('says that a file was cut also to who asks for pieces, and closes it', async () => {
    const { ask, path, openFiles } = await serving(pattern(10))
    await truncate(path, 4)
    expect(await errorOf(await ask({ query: 'pieces=0:2,3:4' }))).toEqual([
      409,
      'unavailable',
      `${path} was cut from 10 to 4 bytes: open it again.`,
    ])
    expect(openFiles()).toBe(0)
  })

  it('finds where bytes are, as far as it is asked, also across the blocks it reads', async () => {
    const all = Buffer.alloc(900_000, '.')
    for (const at of [0, 100, 262_138, 262_140, 262_143, 524_285, 524_290, 699_999, 899_994]) all.write('Needle', at)
    const { ask, openFiles } = await serving(all)
    const found = async (find: string, from: number, to: number) => {
      const answer = await bytesOf(await ask({ query: `find=${find}&from=${from}&to=${to}` }))
      const [searched, ...places] = new Uint32Array(answer.buffer)
      return { searched, places: places.map((place) => from + place) }
    }
    const within = (pattern: RegExp, from: number, to: number) =>
      Array.from(all.toString('latin1').matchAll(pattern), ({ index }) => index).filter((at) => at >= from && at < to)
    const needle = Buffer.from('Needle').toString('hex')
    expect(within(/Needle/g, 0, 900_000)).toHaveLength(6)
    expect(await found(needle, 0, 900_000)).toEqual({ searched: 899_995, places: within(/Needle/g, 0, 900_000) })
    // What begins there counts, wherever it ends; behind 899,995 one may begin that the file's end cuts.
    expect(await found(needle, 1, 700_000)).toEqual({ searched: 699_999, places: within(/Needle/g, 1, 700_000) })
    expect(await found(needle, 300_000, 2_000_000)).toEqual({
      searched: 599_995,
      places: within(/Needle/g, 300_000, 900_000),
    })
    expect(await found(needle, 2_000_000, 2_000_001)).toEqual({ searched: 0, places: [] })
    const several = `${Buffer.from('e').toString('hex')},${Buffer.from('NN').toString('hex')}:${Buffer.from('nn').toString('hex')}`
    expect((await found(several, 0, 900_000)).places).toEqual(within(/e|nn/gi, 0, 900_000))
    expect(openFiles()).toBe(0)
  })

  it('goes on with a search while this thread is busy for others', async () => {
    const { ask, capture } = await serving(new Uint8Array(3_000_000))
    let others = 0
    const ours = process.threadCpuUsage.bind(process)
    vi.spyOn(process, 'threadCpuUsage').mockImplementation(() => ({ ...ours(), user: ours().user + others }))
    onTestFinished(() => void vi.restoreAllMocks())
    const open = capture.open.bind(capture)
    vi.spyOn(capture, 'open').mockImplementation(async () => {
      const handle = await open()
      const read = handle.read.bind(handle)
      // A second of processor time goes by with every read.
      vi.spyOn(handle, 'read').mockImplementation((...args: Parameters<typeof read>) => {
        others += 1e6
        return read(...args)
      })
      return handle
    })
    const [searched] = new Uint32Array((await bytesOf(await ask({ query: 'find=000001&from=0&to=3000000' }))).buffer)
    expect(others).toBeGreaterThan(1e6)
    expect(searched).toBe(2_999_998)
  })

  it('ends a search that finds too much', async () => {
    const { ask } = await serving(new Uint8Array(3_000_000))
    for (const needle of ['00', '000001', '00:01', '00,00:01', '0100,00']) {
      const [searched] = new Uint32Array(
        (await bytesOf(await ask({ query: `find=${needle}&from=0&to=3000000` }))).buffer,
      )
      expect([needle, searched]).toEqual([needle, needle === '000001' ? 2_999_998 : 0])
    }
  })

  it.each(['find=', 'find=6&from=0&to=1', 'find=61', 'find=61&from=0&to=99999999'])(
    'refuses the search "%s"',
    async (query) => {
      const { ask } = await serving(pattern(10))
      expect((await ask({ query })).status).toBe(400)
    },
  )

  it.each(['', '../secret', 'FILE', 'a'.repeat(65)])('refuses the id "%s"', async (id) => {
    const { ask } = await serving(pattern(10))
    expect((await ask({ id })).status).toBe(400)
  })
})
