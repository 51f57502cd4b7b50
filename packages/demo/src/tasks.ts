import type { Task } from './job.ts';
import { isInvoice, isUser } from './right-answer.ts';
import { draftOf } from './server/truth.ts';

/** Reads users 1 to `count` of the flaky API. */
export function readUsers(baseUrl: string, count: number): Task[] {
  return numbers(count).map((id) => ({
    subject: `user ${id}`,
    send: (api, options) => api.get(`${baseUrl}/users/${id}`, options).json(),
    isRight: (answer) => isUser(answer, id),
  }));
}

/** Creates invoices 1 to `count` in the flaky API. */
export function createInvoices(baseUrl: string, count: number): Task[] {
  return numbers(count).map((number) => {
    const draft = draftOf(number);
    return {
      subject: draft.reference,
      send: (api, options) => api.post(`${baseUrl}/invoices`, { ...options, json: draft }).json(),
      isRight: (answer) => isInvoice(answer, draft),
    };
  });
}

/** Reads 1 to `count` of an API of one's own: any JSON is right. */
export function readTarget(template: string, count: number): Task[] {
  return numbers(count).map((id) => ({
    subject: `id ${id}`,
    send: (api, options) => api.get(template.replaceAll('{id}', String(id)), options).json(),
    isRight: () => true,
  }));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
