import { auth, type AuthOptions } from '@kyhooks/auth';
import { compose } from '@kyhooks/core';
import { log, type LogOptions } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance } from 'ky';

/** What differs from service to service. */
export interface ClientSettings {
  /** Who calls, as it stands in the logs. */
  readonly service: string;
  readonly credentials: Pick<AuthOptions, 'token' | 'refresh'>;
  readonly logger: NonNullable<LogOptions['logger']>;
}

/** One for the process, whatever instances there are: the API counts us together. */
const limits = rateLimit({ maxConcurrent: 20 });

/** How we call the API. */
export function createClient({ service, credentials, logger }: ClientSettings): KyInstance {
  return ky.create(
    compose(
      { baseUrl: 'https://api.acme.example/' },
      retry({ limit: 2 }),
      timeout({ attempt: 3_000, total: 10_000 }),
      limits,
      auth(credentials),
      otel(), // spans go to the SDK that the service has registered; without one nowhere
      log({ logger, fields: { 'service.name': service }, slow: 2_000, requestId: true }),
    ),
  );
}
