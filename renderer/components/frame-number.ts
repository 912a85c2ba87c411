import { createContext, useCallback, useContext } from 'react'

/** Frames of the file in front of row 0: none, unless only a part of the capture is read. */
export const FramesBefore = createContext(0)

/** The frame number of a row, as Wireshark counts the frames of the file. */
export function useFrameNumber(): (row: number) => number {
  const before = useContext(FramesBefore)
  return useCallback((row) => before + row + 1, [before])
}

/** How wide a column of them must be, in pixels; at least `least`. */
export function useNumberWidth(least: number): number {
  const digits = String(useContext(FramesBefore) * 2).length
  return Math.max(least, 20 + 8 * digits)
}
