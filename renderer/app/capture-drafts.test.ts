import { describe, expect, it } from 'vitest'
import { DEFAULT_SETUP } from '../features/capture-setup/order.ts'
import { createCaptureDrafts, titleWithout } from './capture-drafts.ts'

const draft = (context: string, pod: string) => ({
  context,
  title: pod,
  targets: [{ kind: 'pod', namespace: 'shop', pod } as const],
})

describe('what is to be captured next', () => {
  it('is kept for each context while another one is looked at', () => {
    const drafts = createCaptureDrafts()
    drafts.put(draft('east', 'web-0'))
    drafts.put(draft('west', 'web-1'))
    expect(drafts.store.getState().drafts.get('east')?.title).toBe('web-0')
    expect(drafts.store.getState().drafts.get('west')?.title).toBe('web-1')
  })

  it('is called after none of the points that were taken off', () => {
    const point = (pod: string) => ({ kind: 'pod', namespace: 'shop', pod }) as const
    const targets = ['web-0', 'web-1', 'web-2'].map(point)
    const after = { context: 'east', title: 'shop/web-0 and more', targets }
    expect(titleWithout(after, targets.slice(0, 2))).toBe('shop/web-0 and more')
    expect(titleWithout(after, targets.slice(1))).toBe('shop/web-1 and more')
    expect(titleWithout(after, targets.slice(2))).toBe('shop/web-2')
    expect(titleWithout({ ...after, title: 'shop/web' }, targets.slice(1))).toBe('shop/web')
    expect(titleWithout(after, [])).toBe(after.title)
  })

  it('comes back as it was after it was cleared', () => {
    const drafts = createCaptureDrafts()
    const chosen = draft('east', 'web-0')
    drafts.put(chosen)
    drafts.clear('east')
    expect(drafts.store.getState().drafts.has('east')).toBe(false)
    expect(drafts.store.getState().cleared.get('east')).toBe(chosen)
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(chosen)
    expect(drafts.store.getState().cleared.size).toBe(0)
  })

  it('comes back after another took its place, as a repeated capture does', () => {
    const drafts = createCaptureDrafts()
    const chosen = draft('east', 'web-0')
    drafts.replace(chosen)
    expect(drafts.store.getState().cleared.size).toBe(0)
    drafts.replace(draft('east', 'web-1'))
    expect(drafts.store.getState().drafts.get('east')?.title).toBe('web-1')
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(chosen)
    expect(drafts.store.getState().cleared.size).toBe(0)
  })

  it('is not replaced by the same once more', () => {
    const drafts = createCaptureDrafts()
    const chosen = draft('east', 'web-0')
    drafts.put(chosen)
    // As an order tells it: nothing was set, and without labels no pods that come later.
    drafts.replace({ ...chosen, title: 'shop/web-0', setup: { ...DEFAULT_SETUP, later: false } })
    expect(drafts.store.getState().cleared.size).toBe(0)
    const other = draft('east', 'web-1')
    drafts.replace(other)
    drafts.replace({ ...other, title: 'shop/web-1' })
    expect(drafts.store.getState().cleared.get('east')).toBe(chosen)
    for (const setup of [
      { ...DEFAULT_SETUP, filter: 'port 53' },
      { ...DEFAULT_SETUP, duration: undefined },
    ]) {
      drafts.put(chosen)
      drafts.replace({ ...chosen, setup })
      expect(drafts.store.getState().cleared.get('east')).toBe(chosen)
    }
    drafts.put(chosen)
    drafts.replace({ ...chosen, targets: [{ kind: 'pod', namespace: 'shop', pod: 'web-0', interface: 'lo' }] })
    expect(drafts.store.getState().cleared.get('east')).toBe(chosen)
  })

  it('comes back after its last point was taken off, and leaves its setup to what is chosen instead', () => {
    const drafts = createCaptureDrafts()
    const chosen = { ...draft('east', 'web-0'), setup: { ...DEFAULT_SETUP, filter: 'port 53' } }
    drafts.put(chosen)
    drafts.put({ ...chosen, targets: [] })
    drafts.put({ ...chosen, targets: [] })
    expect(drafts.store.getState().drafts.get('east')?.setup?.filter).toBe('port 53')
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(chosen)
    expect(drafts.store.getState().cleared.size).toBe(0)
  })

  it('does not come back over what was chosen since', () => {
    const drafts = createCaptureDrafts()
    drafts.put(draft('east', 'web-0'))
    drafts.clear('east')
    const since = draft('east', 'web-1')
    drafts.put(since)
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(since)
  })
})
