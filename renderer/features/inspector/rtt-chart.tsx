import type { ReactNode } from 'react'
import { Bar, BarChart, Tooltip, XAxis, YAxis } from 'recharts'
import type { Histogram } from '../../../engine/engine.ts'
import { formatCount, formatDuration, formatTick } from '../../components/format.ts'

interface RttChartProps {
  readonly histogram: Histogram
  readonly width: number
}

interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** How round-trip times are distributed, on a logarithmic axis. */
export function RttChart({ histogram, width }: RttChartProps): ReactNode {
  const bins: Bin[] = Array.from(histogram.counts, (count, i) => ({
    from: histogram.edges[i],
    to: histogram.edges[i + 1],
    count,
  }))
  const ticks = decadeTicks(bins)
  return (
    <BarChart
      width={width}
      height={120}
      data={bins}
      barCategoryGap={1}
      margin={{ top: 4, right: 8, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <XAxis
        dataKey="from"
        ticks={ticks}
        interval={0}
        tickFormatter={(value: number) => formatTick(formatDuration(nearestDecade(value)))}
        tickLine={false}
        axisLine={{ stroke: 'var(--line-strong)' }}
        tick={{ fontSize: 10, fill: 'var(--ink-3)' }}
        height={18}
      />
      <YAxis hide domain={[0, 'dataMax']} />
      <Tooltip
        cursor={{ fill: 'var(--hover)' }}
        isAnimationActive={false}
        content={({ payload }) => {
          const bin: unknown = payload?.[0]?.payload
          if (!isBin(bin)) return null
          return (
            <div className="chart-tip">
              {formatDuration(bin.from)} – {formatDuration(bin.to)}
              <b>{formatCount(bin.count)}</b>
            </div>
          )
        }}
      />
      <Bar
        dataKey="count"
        fill="var(--latency)"
        isAnimationActive={false}
        minPointSize={(value) => (Number(value) > 0 ? 2 : 0)}
      />
    </BarChart>
  )
}

function isBin(value: unknown): value is Bin {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value && 'count' in value
}

function nearestDecade(value: number): number {
  return 10 ** Math.round(Math.log10(value))
}

/** The bins that begin next to a power of ten; a bin's edges need not be round numbers. */
function decadeTicks(bins: readonly Bin[]): number[] {
  const far = (bin: Bin) => Math.abs(Math.log10(bin.from / nearestDecade(bin.from)))
  const nearest = new Map<number, Bin>()
  for (const bin of bins) {
    const decade = nearestDecade(bin.from)
    const known = nearest.get(decade)
    if (far(bin) < 0.06 && (!known || far(bin) < far(known))) nearest.set(decade, bin)
  }
  return [...nearest.values()].map((bin) => bin.from)
}
