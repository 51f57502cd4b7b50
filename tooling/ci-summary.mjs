// The last line of a run in CI, with what `npm run check` and `npm test` counted. Takes their two exit codes.
import { readFileSync } from 'node:fs';

const [checkCode, testCode] = process.argv.slice(2).map(Number);
const check = read('check.json', { passed: 0, failed: 0 });
const { numPassedTests, numFailedTests } = read('vitest.json', { numPassedTests: 0, numFailedTests: 0 });
if (numPassedTests === 0) console.log('No test passed.');

const passed = check.passed + numPassedTests;
// A run can fail with no failure counted: a setup that throws, an unhandled error, too little coverage, no test.
const checkFailed = check.failed || Number(checkCode !== 0);
const testFailed = numFailedTests || Number(testCode !== 0 || numPassedTests === 0);
const failed = checkFailed + testFailed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function read(name, missing) {
  try {
    return JSON.parse(readFileSync(new URL(`../node_modules/.cache/${name}`, import.meta.url), 'utf8'));
  } catch {
    return missing;
  }
}
