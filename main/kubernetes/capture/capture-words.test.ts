import { describe, expect, it } from 'vitest'
import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'
import { cutText, lackingText, messageOf, noWayText } from './capture-words.ts'

const point = (pod: string | undefined, message?: string): CapturePointStatus => ({
  id: 0,
  node: 'node-a',
  state: 'incomplete',
  bytes: 0,
  packets: 0,
  lostBytes: 0,
  cuts: 0,
  ...(pod === undefined ? {} : { namespace: 'shop', pod }),
  ...(message === undefined ? {} : { message }),
})

describe('the words on a capture', () => {
  it('name the point that lacks something, where there are several, and the others', () => {
    const lacking = [point('web'), point('db', 'The pod was deleted.'), point(undefined, 'It was cut off.')]
    expect(lackingText(lacking, 3)).toBe('shop/db: The pod was deleted. The same or other trouble at node node-a.')
    expect(lackingText([point('web', 'The pod was deleted.')], 1)).toBe('The pod was deleted.')
    expect(lackingText([point('web')], 2)).toBeUndefined()
  })

  it('say once why there is no way, and which rules would open one', () => {
    const missing = [{ verb: 'get', group: '', resource: 'pods', subresource: 'exec', namespace: 'shop' }]
    const exec = {
      passes: false,
      sentence: 'dev may not get pods/exec in namespace shop.',
      missing,
      rbacRule: '- a rule\n',
    }
    const refused = { passes: false, sentence: 'The cluster would refuse it.', missing: [] }
    const rungs = [
      { rung: 'ephemeral-container', ...exec },
      { rung: 'ephemeral-container-net-raw', ...exec },
      { rung: 'node-pod', ...refused },
    ] as const
    expect(noWayText(rungs)).toBe(
      'There is no way to capture here:\n- dev may not get pods/exec in namespace shop.\n- The cluster would refuse it.\n' +
        'A Role in namespace shop with these rules would help:\n- a rule',
    )
    expect(noWayText(rungs.slice(2))).toBe('There is no way to capture here:\n- The cluster would refuse it.')
  })

  it('say of a cut whom the API server does not reach', () => {
    const dial = 'error dialing backend: dial tcp 10.99.0.11:10250: i/o timeout'
    expect(cutText(dial)).toMatch(/^The API server does not reach the kubelet of its node: .* It says: error dialing/)
    expect(cutText('the stream ended')).toMatch(
      /^The connection to the capture container was cut: the stream ended\. It/,
    )
  })

  it('say of a full disk how to go on, unless nothing was begun', () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    expect(messageOf(full, '/x.pcapng', true)).toMatch(/holds what was captured until then.*within ten minutes/)
    expect(messageOf(full, '/x.pcapng', false)).toBe(
      "The disk is full: /x.pcapng can't be written. Make room, or name another folder.",
    )
  })
})
