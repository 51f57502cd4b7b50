export { install, type Installed } from './install.ts';
export { type Fetch, toFetch } from './to-fetch.ts';
