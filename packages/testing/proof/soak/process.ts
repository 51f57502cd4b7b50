// A process of its own for one run: `node --expose-gc process.ts '{"client":"kyhooks","calls":1000,…}'`. It writes a line of JSON
// for each sample, and one for what became of the calls, and then ends by itself, where nothing is left that keeps it.
import { type ClientName, clientOf } from './client.ts';
import { loop, type Outcomes, type Plan } from './loop.ts';
import { memoryWire } from './memory-wire.ts';
import { plants } from './plants.ts';

/** What a run is told. */
export interface Orders extends Plan {
  readonly client: ClientName;
  /** Of the API; without it the API is in memory. */
  readonly baseUrl?: string;
  /** Name of a leak to make. */
  readonly plant?: string;
}

const { client: name, baseUrl, plant, ...plan } = JSON.parse(process.argv[2]!) as Orders;
const client = baseUrl ? clientOf(name, baseUrl) : clientOf(name, 'https://api.test/', memoryWire());
const outcomes: Outcomes = {};
const leak = plant === undefined ? undefined : plants[plant]!;
for await (const sample of loop(client, plan, outcomes, (_, number) => {
  if (number % 20 === 0) leak?.(client);
})) {
  console.log(JSON.stringify(sample));
}
console.log(JSON.stringify({ outcomes }));
