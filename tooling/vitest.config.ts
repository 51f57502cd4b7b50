import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { launchOptions } from './chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tests = (suffix: string): string => `packages/*/test/**/*${suffix}.ts`;

/** `x.test.ts` runs in Node and in Chromium, `x.node.test.ts` and `x.browser.test.ts` in one of them only. */
const config: ViteUserConfig = defineConfig({
  root,
  cacheDir: 'node_modules/.cache/vite',
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: [tests('.test'), 'docs/examples/*/test/*.test.ts'],
          exclude: [tests('.browser.test')],
        },
      },
      {
        // Real sockets and real time.
        extends: true,
        test: { name: 'wire', include: [tests('.wire')], testTimeout: 20_000 },
      },
      {
        // A real Redis, and real time.
        extends: true,
        test: {
          name: 'redis',
          globalSetup: ['tooling/redis.ts'],
          include: [tests('.redis')],
          testTimeout: 40_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: [tests('.test-d')],
            tsconfig: 'tooling/tsconfig.types.json',
            ignoreSourceErrors: true, // `npm run check` reports those
          },
        },
      },
      {
        extends: true,
        // Served as they are: Vite's bundle of them does not find their peer, which only one package has.
        optimizeDeps: {
          exclude: ['api', 'core', 'sdk-metrics', 'sdk-trace'].map((name) => `@opentelemetry/${name}`),
        },
        test: {
          name: 'chromium',
          globalSetup: ['tooling/chromium.ts'],
          include: [tests('.test')],
          exclude: [tests('.node.test')],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/vitest.json' }]],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['packages/demo/**'],
      reporter: [['text', { skipFull: true }], 'html'],
      reportsDirectory: 'node_modules/.cache/coverage',
      thresholds: { lines: 90 },
    },
  },
});

export default config;
