import type { AttemptRecord, CallRecord } from '@kyhooks/core';
import type { Client } from './clients.ts';
import type { FaultKind } from './fault.ts';
import type { Told } from './told.ts';

/** What the record of a call does not explain: a fault that no attempt names, a failure without a word. */
export function explained(client: Client, told: Told): readonly string[] {
  const [record, ...more] = told.records;
  if (!record) return ['it has no record'];
  if (more.length > 0) return [`it was reported as over ${more.length + 1} times`];
  const onWire = record.attempts.filter(({ headersMs }) => headersMs !== undefined);
  if (onWire.length !== told.sent)
    return [`${told.sent} requests were sent, ${onWire.length} attempts are on record`];
  const unnamed = told.received
    .filter(({ number, fault }) => !names(fault.kind, onWire[number - 1]!, record))
    .filter(({ fault }) => !isForTheCaller(fault.kind, client, told))
    .map(({ fault, number }) => `${fault.kind} is not named in attempt ${number}`);
  const silent =
    'error' in told && !saysWhy(record) && !isForTheCaller('malformed', client, told)
      ? [`it failed with ${String(told.error)}, and its record says ${record.outcome}`]
      : [];
  return [...unnamed, ...silent];
}

const cutOff = 'UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|HTTPParserError';
const noJson = 'MALFORMED_BODY|response body: (?:truncated|malformed|empty)';

/** The words that name each fault: codes of errors, statuses, reasons of decisions. */
const words: Readonly<Record<FaultKind | 'none', RegExp>> = {
  none: /(?:)/,
  latency: /(?:)/,
  'stalled headers': /(?!)/,
  'stalled body': /(?!)/,
  reset: new RegExp(`ECONNRESET|${cutOff}`),
  truncated: new RegExp(`${cutOff}|${noJson}`),
  malformed: new RegExp(noJson),
  'server error': /\b50[0234]\b/,
  'too many': /\b429\b/,
  unauthorized: /\b401\b/,
  'redirect loop': /redirect count exceeded/,
  'huge headers': /UND_ERR_HEADERS_OVERFLOW/,
  'wrong length': new RegExp(`${cutOff}|${noJson}`),
  drift: /response body: invalid/,
};

/** The clock names every fault that it ends first; so does the caller, who aborts. */
const timeUp = /TIMEOUT|TimeoutError|\baborted\b/;

function names(kind: FaultKind | 'none', attempt: AttemptRecord, record: CallRecord): boolean {
  const isLast = attempt === record.attempts.at(-1);
  const said = [
    attempt.error,
    attempt.status,
    ...record.decisions.filter((decision) => decision.attempt === attempt.number).map(({ reason }) => reason),
    ...(isLast ? [record.error, record.outcome] : []),
  ].join(' ');
  return words[kind].test(said) || timeUp.test(said);
}

/** What no layer of this client reads: the exchange went well, and the caller sees for himself. */
function isForTheCaller(kind: FaultKind | 'none', { checks }: Client, told: Told): boolean {
  return !checks && (told.error instanceof SyntaxError || (/drift|malformed/.test(kind) && 'value' in told));
}

function saysWhy({ outcome, attempts, decisions }: CallRecord): boolean {
  const last = attempts.at(-1);
  return (
    outcome === 'failed' ||
    outcome === 'aborted' ||
    last?.error !== undefined ||
    (last?.status ?? 200) >= 400 ||
    decisions.some(({ attempt, layer }) => layer === 'schema' && attempt === last?.number)
  );
}
