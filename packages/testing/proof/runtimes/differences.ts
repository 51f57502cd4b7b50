/** Where a runtime differs from the standard, and from the others. */
export interface Difference {
  readonly reason: string;
  /** The runtimes that differ; all others must not. */
  readonly runtimes: readonly string[];
  /** Shows it on the platform alone, without ky and without us. */
  shows(): unknown;
  /** The tests that must fail there, and nowhere else. */
  readonly tests: readonly string[];
}

/** What a Request makes of a method; `undefined` where it takes none of the kind. */
function methodOf(method: string): string | undefined {
  try {
    return new Request('https://api.example.com/', { method }).method;
  } catch {
    return undefined;
  }
}

/** When a runtime is mended, or another one begins to differ, the proof fails until this list is true again. */
export const differences: readonly Difference[] = [
  {
    reason: 'no URLPattern to compare routes with',
    runtimes: ['Node.js 22', 'Firefox'],
    shows: () => !('URLPattern' in globalThis),
    tests: ["packages/core/test/route.test.ts > the table > matches what the platform's URLPattern matches"],
  },
  {
    reason: 'a Request with a string as its body has no content-type',
    runtimes: ['Bun'],
    shows: () =>
      !new Request('https://api.example.com/', { method: 'PUT', body: 'text' }).headers.has('content-type'),
    tests: [
      'packages/testing/test/ky.test.ts > what ky documents works with a layer at each place > a body of each kind',
      'packages/testing/test/ky.test.ts > what ky documents works with all layers, as installed first > a body of each kind',
    ],
  },
  {
    reason: 'a Request tells nothing of its body, and takes no stream for one',
    runtimes: ['Firefox'],
    shows: () => !('body' in Request.prototype),
    tests: [
      'packages/auth/test/auth.test.ts > a 401 > of a Request whose body may be a stream is not sent again without retries',
      'packages/idempotency/test/operation.test.ts > another payload > of a stream cannot be told: it is not read, and the record says so',
      'packages/idempotency/test/operation.test.ts > another payload > nor of a body inside a Request, which may be a stream',
      'packages/retry/test/retry.test.ts > bodies > a body inside a Request may be a stream',
      'packages/fetch/test/to-fetch.test.ts > what is sent > all there is of a Request in place of the init',
    ],
  },
  {
    reason: 'a stream that a script has made and broken is reported as aborted',
    runtimes: ['Firefox'],
    shows: () =>
      new Response(
        new ReadableStream({
          pull: async (controller) => {
            await Promise.resolve();
            controller.error(new TypeError('terminated'));
          },
        }),
      )
        .text()
        .then(
          () => false,
          (error: unknown) => error instanceof DOMException && error.name === 'AbortError',
        ),
    tests: [
      'packages/result/test/result.test.ts > failure > network: a body that breaks',
      'packages/retry/test/malformed-body.test.ts > a body that breaks is retried',
      'packages/timeout/test/body.test.ts > idle > bounds download progress too',
    ],
  },
  {
    reason: 'a Request takes no `redirect: error`',
    runtimes: ['workerd (Cloudflare Workers)'],
    shows() {
      try {
        return !new Request('https://api.example.com/', { redirect: 'error' });
      } catch {
        return true;
      }
    },
    tests: [
      'packages/auth/test/redirects.test.ts > a header that a redirect would carry along > goes where the user has said, by `redirect: error`',
      'packages/auth/test/redirects.test.ts > a Request that says `redirect: error` is not made to say anything else',
    ],
  },
  {
    reason: 'a Request of a method that it does not know is a GET',
    runtimes: ['Bun'],
    shows: () => methodOf('WIDGET') === 'GET',
    tests: [
      'packages/fetch/test/to-fetch.test.ts > what goes past the layers, as it is > a method that is none',
      'packages/fetch/test/to-fetch.test.ts > what goes past the layers, as it is > and nothing else: a method that only contains one of those has its body, and its layers',
    ],
  },
  {
    reason: 'a Request takes no method that it does not know',
    runtimes: ['workerd (Cloudflare Workers)'],
    shows: () => methodOf('WIDGET') === undefined,
    tests: [
      'packages/fetch/test/to-fetch.test.ts > what goes past the layers, as it is > and nothing else: a method that only contains one of those has its body, and its layers',
    ],
  },
  {
    reason: 'a Request writes the method `patch` in capitals',
    runtimes: ['Bun', 'workerd (Cloudflare Workers)'],
    shows: () => methodOf('patch') === 'PATCH',
    tests: ["packages/fetch/test/to-fetch.test.ts > what is sent > the method in the caller's letters"],
  },
  {
    reason: 'the body of a frozen Response cannot be read',
    runtimes: ['Deno'],
    shows: () =>
      Object.freeze(new Response('content'))
        .text()
        .then(
          () => false,
          () => true,
        ),
    tests: [
      'packages/core/test/body-tap.test.ts > what cannot be listened to is left as it is > a frozen response',
    ],
  },
];
