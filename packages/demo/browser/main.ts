import { mountPlayground } from './playground.ts';
import { realApi } from './real-api.ts';
import { simulatedApi } from './simulated-api.ts';

// The page of `npm run demo -- --browser`; without `?api=` it needs no server.
const url = new URLSearchParams(location.search).get('api');
const element = (id: string): HTMLElement => document.getElementById(id)!;
element('where').textContent = url
  ? `The API is at ${url}: another origin, on purpose.`
  : 'The API is simulated in this page.';
mountPlayground(element('playground'), url ? realApi(url) : simulatedApi(1));
