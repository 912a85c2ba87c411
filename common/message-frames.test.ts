import { describe, expect, it } from 'vitest'
import { encodeMessage, FrameReader, MAX_FRAME } from './message-frames.ts'

const bytes = Uint8Array.of(0, 1, 127, 128, 255)
const through = (message: object) => {
  const reader = new FrameReader()
  return encodeMessage(message).map((frame) => reader.read(structuredClone(frame)))
}

describe('the frames of a message', () => {
  it('are its JSON, where it has no bytes', () => {
    expect(encodeMessage(['push', { a: [1, null, 'ü'] }])).toEqual(['["push",{"a":[1,null,"ü"]}]'])
    expect(through(['push', { a: [1, null, 'ü'] }])).toEqual([['push', { a: [1, null, 'ü'] }]])
  })

  it('are its bytes as they are, and its JSON with their places', () => {
    const message = ['resolve', { first: ['bytes', bytes], list: [{ 'a.b': ['bytes', Buffer.from('two')] }, null] }]
    const frames = encodeMessage(structuredClone(message))
    expect(frames).toEqual([
      Uint8Array.of(...bytes, ...Buffer.from('two')),
      '[["resolve",{"first":["bytes",null],"list":[{"a.b":["bytes",null]},null]}],[[5,"1","first","1"],[3,"1","list","0","a.b","1"]]]',
    ])
    expect(through(message)).toEqual([
      undefined,
      ['resolve', { first: ['bytes', bytes], list: [{ 'a.b': ['bytes', new Uint8Array(Buffer.from('two'))] }, null] }],
    ])
  })

  it('hold a part of a larger buffer alone', () => {
    const [frame] = encodeMessage([new Uint8Array(1 << 20).subarray(7, 10)])
    expect(frame).toBeInstanceOf(Uint8Array)
    expect(frame instanceof Uint8Array && frame.buffer.byteLength).toBe(3)
  })

  it('keep empty bytes, and what looks like a message with places', () => {
    expect(through([new Uint8Array(0), 1])).toEqual([undefined, [new Uint8Array(0), 1]])
    const alike = [['push', null], [[0, '1']]]
    expect(through(alike)).toEqual([alike])
  })

  it.each([
    ['what is no JSON', ['{']],
    ['a number', [5]],
    ['an object', [{ length: 5 }]],
    ['two binary frames', [bytes, bytes]],
    ['bytes too long', [new Uint8Array(MAX_FRAME + 1)]],
    ['text too long', ['"'.padEnd(MAX_FRAME + 1)]],
    ['bytes without places', [bytes, '["push",[]]']],
    ['places that are no list', [bytes, '[[null],{"0":[5,"0"]}]']],
    ['a place that is no list', [bytes, '[[null],[5]]']],
    ['a place without a way', [bytes, '[null,[[5]]]']],
    ['a length that is none', [bytes, '[[null],[["5","0"]]]']],
    ['a negative length', [bytes, '[[null,null],[[-1,"0"],[6,"1"]]]']],
    ['half a byte', [bytes, '[[null,null],[[2.5,"0"],[2.5,"1"]]]']],
    ['more than there is', [bytes, '[[null],[[6,"0"]]]']],
    ['less than there is', [bytes, '[[null],[[4,"0"]]]']],
    ['a way that leads nowhere', [bytes, '[[null],[[5,"1","0"]]]']],
    ['a way through a text', [bytes, '[["abc"],[[5,"0","0"]]]']],
    ['a way to what all objects have', [bytes, '[[null],[[5,"__proto__","x"]]]']],
    ['a place that is taken', [bytes, '[["text"],[[5,"0"]]]']],
    ['a place that is given twice', [bytes, '[[null],[[2,"0"],[3,"0"]]]']],
    ['a key that is none', [bytes, '[[null],[[5,[0]]]]']],
  ])('are refused: %s', (_, frames) => {
    const reader = new FrameReader()
    for (const frame of frames.slice(0, -1)) expect(reader.read(frame)).toBeUndefined()
    expect(() => reader.read(frames.at(-1))).toThrow()
  })

  it('change no object but the message', () => {
    const reader = new FrameReader()
    reader.read(bytes)
    reader.read('[{"__proto__":null},[[5,"__proto__"]]]')
    expect(Reflect.get({}, '0')).toBeUndefined()
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })
})
