import type { Spread } from './spread.ts';

export const full: Spread = ({ delay }) => Math.random() * delay;
