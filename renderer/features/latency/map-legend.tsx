import type { ReactNode } from 'react'
import { ENOUGH_FOR_P99, isRequests } from '../../components/measure-names.ts'

/** What the colours of the heat map mean. */
export function MapLegend({ measure }: { readonly measure: string }): ReactNode {
  const requests = isRequests(measure)
  return (
    <p className="map-legend">
      <span>
        <i className="map-shades" aria-hidden />
        {requests ? 'few requests to many' : 'few round trips to many'}
      </span>
      <span>
        <i style={{ background: 'var(--ink-2)' }} aria-hidden />
        p50
      </span>
      <span title={`Where there are at least ${ENOUGH_FOR_P99} samples`}>
        <i style={{ background: 'var(--reorder)' }} aria-hidden />
        p99
      </span>
      {requests && (
        <span title="At the time after which nobody waited any more">
          <i style={{ background: 'var(--loss)' }} aria-hidden />
          never answered
        </span>
      )}
    </p>
  )
}
