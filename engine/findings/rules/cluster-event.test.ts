import { describe, expect, it } from 'vitest'
import { findInBytes, framesOf, kindsOf } from '../../../test/support/find-in.ts'
import { PcapngWriter } from '../../capture-file/pcapng-writer.ts'

const EPOCH = 1_700_000_000_000_000_000n

/** A connection that the server resets while the client waits; what is said of the two pods meanwhile, by second. */
function capture(remarks: readonly (readonly [second: number, text: string])[], pod = 'web') {
  const writer = new PcapngWriter()
  const id = writer.interface({ linkType: 1, name: `${pod}:eth0`, description: `pod=${pod} namespace=shop node=a` })
  writer.names([{ address: Uint8Array.of(10, 0, 0, 2), names: ['web.shop'] }])
  const connection = `
    +0 A>B S 0(0) <mss 1460>
    +1ms B>A SA 0(0) ack 1 <mss 1460>
    +1ms A>B A 1(0) ack 1
    +1ms A>B PA 1(100) ack 1
    +1ms B>A PA 1(200) ack 101
    +1s A>B PA 101(100) ack 201
    +300ms B>A RA 201(0) ack 201`
  for (const { time, bytes, length = bytes.length } of framesOf(connection)) {
    writer.packet(id, EPOCH + BigInt(Math.round(time)), bytes, { length })
  }
  for (const [second, text] of remarks) writer.statistics(id, EPOCH + BigInt(second * 1e9), {}, text)
  return findInBytes(writer.take())
}

describe('what the cluster did meanwhile', () => {
  const deleted = 'Hopscope: Pod shop/web was deleted: its containers had 30 s to end.'

  it('is a finding, and what is said of the connections of that pod', async () => {
    const report = await capture([[1, deleted]])
    const { findings } = report
    expect(kindsOf(report)).toEqual(['mid-stream-reset', 'cluster-event'])
    expect(findings[1]).toMatchObject({
      title: 'Pod shop/web was deleted',
      sentence: 'At 1.00 s of the capture: Pod shop/web was deleted: its containers had 30 s to end.',
      since: 1e9,
      filter: 'frame.interface_id == 0',
    })
    expect(findings[0].blamed).toMatch(/The cluster meanwhile, at 1\.00 s of the capture: Pod shop\/web was deleted/)
  })

  it('is not said of what happened long before, or to another pod', async () => {
    const { findings: long } = await capture([[120, deleted]])
    expect(long.find(({ kind }) => kind === 'mid-stream-reset')?.blamed).not.toContain('meanwhile')
    const { findings: other } = await capture([[1, deleted]], 'db')
    expect(other.find(({ kind }) => kind === 'mid-stream-reset')?.blamed).not.toContain('meanwhile')
  })

  it('is not what other programs say of their counts', async () => {
    expect(kindsOf(await capture([[1, 'Counters provided by dumpcap']]))).toEqual(['mid-stream-reset'])
  })
})
