const grouped = new Intl.NumberFormat('en');

/** A count, with separators. */
export function count(value: number): string {
  return grouped.format(value);
}

/** A duration for people. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${count(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A part of a whole, which is not 0, in hundredths. */
export function percent(part: number, whole: number): string {
  return `${((part * 100) / whole).toFixed(1)} %`;
}

/** A part of a whole. */
export function share(part: number, whole: number): string {
  const percentage = whole === 0 ? '' : ` (${percent(part, whole)})`;
  return `${count(part)} of ${count(whole)}${percentage}`;
}
