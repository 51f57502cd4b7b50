import { transformerTwoslash } from '@shikijs/vitepress-twoslash';
import { defineConfig, type DefaultTheme, type UserConfig } from 'vitepress';
import { compilerOptions } from './snippets.ts';

const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Guide',
    items: [
      { text: 'Getting started', link: '/guide/getting-started' },
      { text: 'Concepts', link: '/guide/concepts' },
      { text: 'Observability', link: '/guide/observability' },
      { text: 'Playground', link: '/guide/playground' },
      { text: 'In the browser', link: '/guide/in-the-browser' },
      { text: 'Write your own layer', link: '/guide/write-your-own-layer' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Side by side', link: '/results' },
    ],
  },
  {
    text: 'Packages',
    items: [
      'core',
      'fetch',
      'auth',
      'idempotency',
      'log',
      'otel',
      'rate-limit',
      'result',
      'retry',
      'schema',
      'timeout',
    ].map((name) => ({
      text: `@kyhooks/${name}`,
      link: `/packages/${name}`,
    })),
  },
  {
    text: 'Recipes',
    items: [
      { text: 'A resilient client in 60 lines', link: '/recipes/resilient-client' },
      { text: 'Any SDK that takes a fetch', link: '/recipes/any-sdk' },
    ],
  },
  { text: 'Several processes, one limit', link: '/packages/rate-limit-redis' },
  { text: 'Retry in figures', link: '/packages/retry-figures' },
  { text: 'API', link: '/api/' },
];

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'kyhooks',
  description: 'Composable middleware for the ky HTTP client',
  lang: 'en',
  cleanUrls: true,
  markdown: {
    // A fence marked `ts twoslash` is compiled against the packages: what does not compile fails the build.
    codeTransformers: [transformerTwoslash({ twoslashOptions: { compilerOptions } })],
    languages: ['js', 'jsx', 'ts', 'tsx'],
    // READMEs link to pages as they lie in the repository.
    config: (md) => {
      const normalize = md.normalizeLink.bind(md);
      md.normalizeLink = (url) => normalize(url.replace(/^(?:\.\.\/)+docs\//, '/'));
    },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Packages', link: '/packages/core' },
      { text: 'API', link: '/api/' },
    ],
    sidebar,
    search: { provider: 'local' },
  },
});

export default config;
