import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Ledger } from './ledger.ts';
import type { Profile } from './profiles.ts';
import { type Resource, scene } from './script.ts';
import { serve, servedAs } from './serve.ts';
import { type InvoiceDraft, numberOf, userOf } from './truth.ts';

const idSchema = { type: 'object', properties: { id: { type: 'integer' } } };
const draftSchema = {
  type: 'object',
  properties: { reference: { type: 'string', pattern: '^INV-\\d+$' }, amount: { type: 'number' } },
  required: ['reference', 'amount'],
  additionalProperties: false,
};

/** The flaky API: `GET /users/:id` and `POST /invoices`, which honours idempotency keys; each attempt by the script. */
export function flakyApi(seed: number, profile: () => Profile, ledger: Ledger): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });

  app.get<{ Params: { id: number } }>(
    '/users/:id',
    { schema: { params: idSchema } },
    ({ params, method }, reply) =>
      play({ kind: 'user', number: params.id }, method, reply, () => userOf(params.id)),
  );

  app.post<{ Body: InvoiceDraft }>(
    '/invoices',
    { schema: { body: draftSchema } },
    ({ body, method, headers }, reply) => {
      const key = headers['idempotency-key']?.toString();
      const known = ledger.knows(key);
      if (known && known.reference !== body.reference)
        return reply.code(422).send({ error: 'this idempotency key was used for another invoice' });
      return play({ kind: 'invoice', number: numberOf(body) }, method, reply, () => {
        if (known) void reply.header('idempotent-replayed', 'true');
        return ledger.stores(body, key);
      });
    },
  );

  /** Plays one attempt: waits, processes where the script says so, and serves what it says. */
  async function play(
    resource: Resource,
    method: string,
    reply: FastifyReply,
    process: () => object,
  ): Promise<FastifyReply> {
    const attempt = ledger.receives(method, `${resource.kind}/${resource.number}`);
    const plan = scene(seed, profile(), resource, attempt);
    ledger.serves(servedAs(plan), attempt);
    await sleep(plan.latencyMs);
    serve(plan, reply, plan.processed ? process() : {});
    return reply;
  }

  return app;
}
