import { describe, expect, it } from 'vitest'
import { type Connection, findInConnections, kindsOf } from '../../../test/support/find-in.ts'

// Scenarios of which the lines of one side are left out.

const TALK = `
  +0    A>B S  0(0)
  +20ms B>A SA 0(0) ack 1
  +0    A>B A  1(0) ack 1
  +1ms  A>B PA 1(100) ack 1
  +20ms B>A PA 1(300) ack 101
  +0    A>B A  101(0) ack 301
  +1ms  A>B PA 101(100) ack 301
  +20ms B>A PA 301(300) ack 201
  +0    A>B FA 201(0) ack 601
  +20ms B>A FA 601(0) ack 202
  +0    A>B A  202(0) ack 602`

const only = (side: 'A' | 'B', text = TALK) =>
  text
    .split('\n')
    .filter((line) => line.includes(`${side}>`))
    .join('\n')

const told = async (...connections: readonly (string | Connection)[]) =>
  (await findInConnections(...connections)).artefacts.filter(({ kind }) => kind === 'one-direction')

describe('one direction', () => {
  it('is told of what the client sent, from the first ACK of the handshake on', async () => {
    const [note] = await told(only('A'))
    expect(note).toMatchObject({ count: 1, conversations: [0] })
    expect(note.sentence).toMatch(
      /^Of the only connection the server’s packets are missing; the other side acknowledged them\. Silence/,
    )
    expect(note.blamed).toMatch(/^a capture filter or mirror port/)
    expect(note.evidence.map(({ row }) => row)).toEqual([0, 1])
  })

  it('is told of what the server sent, and is a way of its own where other connections are whole', async () => {
    const [note] = await told(TALK, only('B'), only('B'), only('A'))
    expect(note).toMatchObject({ count: 3, conversations: [1, 2, 3] })
    expect(note.sentence).toMatch(/^Of 3 of 4 connections \(75 %\) one side’s packets are missing/)
    expect(note.sentence).toContain('Of 1 only what the client sent is here, of 2 only what the server sent.')
    expect(note.blamed).toMatch(/^a way back that does not come by here/)
    // Of a connection that nobody answered it is not known whether both were captured.
    const [alone] = await told(only('A'), '+0 A>B S 0(0)\n+1s A>B S 0(0)')
    expect(alone).toMatchObject({ count: 1 })
    expect(alone.blamed).toMatch(/^a capture filter or mirror port/)
  })

  it.each([
    ['both directions', TALK],
    ['a SYN that nobody answers', '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+1s A>B S 0(0)'],
    ['a SYN and the reset of who sent it', '+0 A>B S 0(0)\n+1s A>B RA 1(0) ack 1'],
    [
      'data that a dead end never acknowledges',
      '+0 A>B PA 1(100) ack 1\n+200ms A>B PA 1(100) ack 1\n+400ms A>B PA 1(100) ack 1',
    ],
    ['keep-alives without an answer', '+0 A>B A 1(0) ack 1\n+10s A>B A 0(0) ack 1\n+10s A>B A 0(0) ack 1'],
    ['the last ACK of what came before the capture began', '+0 A>B FA 1(0) ack 1\n+1ms A>B A 2(0) ack 301'],
  ])('is not told of %s', async (_, text) => {
    expect(await told(text)).toEqual([])
  })

  it('is no silence: no SYN of it went unanswered, and the port is open', async () => {
    const twice = only('A', TALK).replace('+0    A>B S  0(0)', '+0 A>B S 0(0)\n+1s A>B S 0(0)')
    const late = await findInConnections(twice)
    expect(kindsOf(late)).toEqual(['syn-loss'])
    expect(late.findings[0].sentence).not.toContain('never got an answer')
    expect(late.findings[0].why).toContain('Less sure, as only one direction of it was captured.')
    const silence = '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+1s A>B S 0(0)'
    expect(kindsOf(await findInConnections(only('A'), silence))).toEqual(['syn-loss'])
    expect(kindsOf(await findInConnections(silence))).toEqual(['policy-drop'])
  })
})
