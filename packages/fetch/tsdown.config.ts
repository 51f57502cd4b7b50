export { default } from '../../tooling/tsdown.ts';
