/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'only-core',
      comment:
        'A published package knows core and its peers; the layers meet in the call record, not by import.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/(demo|testing)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/src/', '^packages/core/src/', '/node_modules/'] },
    },
    {
      name: 'core-alone',
      comment: 'core is what the others stand on: it imports ky and nothing else.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { pathNot: ['^packages/core/src/', '(^|/)node_modules/ky/'] },
    },
    {
      name: 'browser-safe',
      comment: 'What is published runs wherever fetch does; the one entry for Node alone is named here.',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^packages/(demo|testing)/', '^packages/idempotency/src/file\\.ts$'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'file-alone',
      comment: 'What is for Node alone is an entry that nothing else imports.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '^packages/(demo|testing)/' },
      to: { path: '^packages/idempotency/src/file\\.ts$' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|tsdown\\.config\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  },
};
