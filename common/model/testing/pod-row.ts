import type { PodRow } from '../explorer.ts'

/** A pod of namespace shop that runs. */
export const podRow = (name: string, more: Partial<PodRow> = {}): PodRow => ({
  key: `shop/${name}`,
  namespace: 'shop',
  name,
  node: 'node-a',
  status: 'Running',
  running: true,
  readyContainers: 1,
  containers: ['app'],
  restarts: 0,
  addresses: ['10.0.0.1'],
  hostNetwork: false,
  labels: {},
  ...more,
})
