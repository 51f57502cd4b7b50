// The last step of `npm run docs`: is what was built as it should be?
import { checkSite } from './check.ts';

await checkSite({
  progress: (text) => console.log(`… ${text}`),
  fact: (what, measured) => console.log(`${what}: ${measured}`),
});
