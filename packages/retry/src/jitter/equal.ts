import type { Spread } from './spread.ts';

export const equal: Spread = ({ delay }) => delay / 2 + (Math.random() * delay) / 2;
