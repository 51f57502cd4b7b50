import type Bottleneck from 'bottleneck';
// @ts-expect-error -- this build brings no types; they are those of the full one
import light from 'bottleneck/light.js';

/** Bottleneck without clustering: less than half the size, and nothing in it that only Node has. */
export const LightBottleneck: typeof Bottleneck = light;
