/** Of the places in [from, to), of which `is` is false and then true, the first of which it is true; `to` if there is none. */
export function firstPlace(from: number, to: number, is: (place: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (is(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The first place in [from, to) of ascending rows that is not before `row`; `to` if there is none. Asks no function, for what is asked of each packet. */
export function firstNotBefore(rows: Uint32Array, row: number, from = 0, to = rows.length): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle] < row) low = middle + 1
    else high = middle
  }
  return low
}
