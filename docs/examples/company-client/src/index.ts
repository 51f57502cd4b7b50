export { type ClientSettings, createClient } from './client.ts';
export { writes } from './writes.ts';
