import { writes } from '@acme/client';
import { compose } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import { timeout } from '@kyhooks/timeout';
import type { KyInstance } from 'ky';

/** What our team needs otherwise; all that is not named stays the company's. */
const ours = compose(
  timeout({ attempt: 20_000, total: 60_000 }), // a report takes its time
  rateLimit({ priority: 8 }), // and lets the others go first
);

export interface Report {
  readonly id: string;
  readonly rows: number;
}

/** Reports are read by one client and ordered by a stricter one; both come from `createClient()`. */
export function reports(company: KyInstance) {
  const api = company.extend(ours);
  const strict = company.extend(writes);
  return {
    read: (id: string): Promise<Report> => api.get(`reports/${id}`).json<Report>(),
    order: (year: number): Promise<Report> => strict.post('reports', { json: { year } }).json<Report>(),
  };
}
