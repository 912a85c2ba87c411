import { describe, expect, it, vi } from 'vitest'
import {
  formatAbout,
  formatBitRate,
  formatBytes,
  formatClock,
  formatCounted,
  formatDate,
  formatDuration,
  formatMilliseconds,
  formatMoment,
  formatSeconds,
  formatShare,
  formatSpan,
  formatTick,
  formatTimeOfDay,
  formatZone,
  zoneText,
} from './format.ts'

describe('numbers for people', () => {
  it('gives durations three digits and the fitting unit', () => {
    expect(formatDuration(0)).toBe('0 ns')
    expect(formatDuration(850)).toBe('850 ns')
    expect(formatDuration(12_430)).toBe('12.4 µs')
    expect(formatDuration(3_210_000)).toBe('3.21 ms')
    expect(formatDuration(1.5e9)).toBe('1.50 s')
    expect(formatDuration(59.96e9)).toBe('1 min 00 s')
    expect(formatDuration(252e9)).toBe('4 min 12 s')
    expect(formatDuration(7500e9)).toBe('2 h 05 min')
    expect(formatDuration(273_600e9)).toBe('3 d 4 h')
    expect(formatMilliseconds(340)).toBe('340 ms')
    expect(formatMilliseconds(0.4)).toBe('400 µs')
  })

  it('gives a time a length only where it has one', () => {
    expect(formatSpan(1.205e9, 1.545e9)).toBe('from 1.205 s for 340 ms')
    expect(formatSpan(0, 0)).toBe('at 0.000 s')
  })

  it('never rounds up into four digits', () => {
    expect(formatDuration(999_960)).toBe('1.00 ms')
    expect(formatBytes(999_999)).toBe('1.00 MB')
    expect(formatBytes(999)).toBe('999 B')
  })

  it('gives rates and sizes decimal units', () => {
    expect(formatBitRate(96_000)).toBe('96.0 kbit/s')
    expect(formatBytes(1_020_000_000)).toBe('1.02 GB')
  })

  it('leaves no zeros behind the point of what is round on an axis', () => {
    expect([10e6, 1.5e9, 2e3, 340e6].map((ns) => formatTick(formatDuration(ns)))).toEqual([
      '10 ms',
      '1.5 s',
      '2 µs',
      '340 ms',
    ])
    expect(formatTick(formatBitRate(1_250_000))).toBe('1.25 Mbit/s')
  })

  it('rounds what is only estimated', () => {
    expect(formatAbout(48_732_119)).toBe('49,000,000')
    expect(formatAbout(7)).toBe('7')
  })

  it('counts with the right noun', () => {
    expect(formatCounted(1, 'packet')).toBe('1 packet')
    expect(formatCounted(1204331, 'packet')).toBe('1,204,331 packets')
    expect(formatCounted(2, 'retry', 'retries')).toBe('2 retries')
  })

  it('names the time zone of clocks', () => {
    expect([0, 60, -240, 345, -210].map(zoneText)).toEqual(['UTC', 'UTC+1', 'UTC−4', 'UTC+5:45', 'UTC−3:30'])
  })

  it('shows clocks in the zone that was chosen, with the offset of that moment', () => {
    const east = vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-345)
    const epoch = String(BigInt(Date.UTC(2026, 2, 1, 20, 30, 7, 5)) * 1_000_000n)
    expect([formatClock(epoch, 1000, 'utc'), formatClock(epoch, 1000, 'local')]).toEqual([
      '20:30:07.005001',
      '02:15:07.005001',
    ])
    expect([formatDate(epoch, 0, 'utc'), formatDate(epoch, 0, 'local')]).toEqual(['2026-03-01', '2026-03-02'])
    expect([formatZone(epoch, 0, 'utc'), formatZone(epoch, 0, 'local')]).toEqual(['UTC', 'UTC+5:45'])
    expect(formatTimeOfDay(Date.UTC(2026, 2, 1, 20, 30, 7), 'local')).toBe('02:15:07')
    expect(formatMoment(Date.UTC(2026, 2, 1, 20, 30, 7), 'local')).toBe('2026-03-02 02:15:07')
    east.mockRestore()
  })

  it('shows no clock for a time that no calendar has', () => {
    expect(formatClock('9000000000000000000000', 0, 'utc', 0)).toBe('')
    expect(formatDate('9000000000000000000000', 0, 'utc')).toBe('')
  })

  it('keeps nanoseconds of wall clock times', () => {
    const epoch = '1700000000123456789'
    expect(formatClock(epoch, 1, 'local', 9).slice(-9)).toBe('123456790')
    expect(formatClock(epoch, 876_543_211, 'local', 3).slice(-3)).toBe('000')
    expect(formatSeconds(12_345_678_900, 6)).toBe('12.345679')
  })

  it('does not call a little nothing, or nearly all all', () => {
    expect(formatShare(0, 10)).toBe('0 %')
    expect(formatShare(1, 100_000)).toBe('<0.1 %')
    expect(formatShare(99_999, 100_000)).toBe('>99.9 %')
    expect(formatShare(10, 10)).toBe('100 %')
    expect(formatShare(1, 3)).toBe('33 %')
    expect(formatShare(0, 0)).toBe('0 %')
  })
})
