import type { Spread } from './spread.ts';

export const decorrelated: Spread = ({ base, cap, previous }) =>
  Math.min(cap, base + Math.random() * Math.max(0, 3 * previous - base));
