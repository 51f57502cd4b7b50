import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformerTwoslash } from '@shikijs/vitepress-twoslash';
import { defineConfig, type DefaultTheme, type UserConfig } from 'vitepress';
import llmsText, { type LlmstxtSettings } from 'vitepress-plugin-llms';
import { compilerOptions } from './snippets.ts';

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });
const packagePage = (name: string): DefaultTheme.SidebarItem => page(`@kyhooks/${name}`, `/packages/${name}`);

const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      page('Getting started', '/guide/getting-started'),
      page('At a glance', '/guide/at-a-glance'),
      page('Concepts', '/guide/concepts'),
      page('What happens when', '/guide/what-happens-when'),
      page('Playground', '/guide/playground'),
    ],
  },
  {
    text: 'Guides',
    items: [
      page('A resilient client in 60 lines', '/recipes/resilient-client'),
      page('Any SDK that takes a fetch', '/recipes/any-sdk'),
      page("Your company's client", '/guide/company-client'),
      page('Observability', '/guide/observability'),
      page('In the browser', '/guide/in-the-browser'),
      page('Write your own layer', '/guide/write-your-own-layer'),
    ],
  },
  {
    text: 'Packages',
    items: [
      packagePage('core'),
      packagePage('retry'),
      page('Retry in figures', '/packages/retry-figures'),
      packagePage('timeout'),
      packagePage('rate-limit'),
      page('Several processes, one limit', '/packages/rate-limit-redis'),
      packagePage('idempotency'),
      packagePage('auth'),
      packagePage('schema'),
      packagePage('log'),
      packagePage('otel'),
      packagePage('result'),
      packagePage('fetch'),
    ],
  },
  {
    text: 'Migrate from',
    items: [
      page('axios and axios-retry', '/migrate/axios'),
      page('fetch-retry', '/migrate/fetch-retry'),
      page('p-retry', '/migrate/p-retry'),
      page("Octokit's plugins", '/migrate/octokit'),
      page('Bottleneck', '/migrate/bottleneck'),
      page("ky's own retry and timeout", '/migrate/ky'),
    ],
  },
  {
    text: 'Behind it',
    items: [page('Architecture', '/architecture'), page('Side by side', '/results'), page('API', '/api/')],
  },
];

/** llms.txt, and the Markdown of each page beside it. */
const llms: LlmstxtSettings = {
  injectLLMHint: false,
  generateLLMsFullTxt: false,
  ignoreFiles: ['api/**'],
  customLLMsTxtTemplate:
    '# {title}\n\n> {description}\n\n{toc}\n\n### API\n\n- [API reference](/api/): every export, with its types.\n',
};

/** READMEs link to pages and pictures as they lie in the repository. */
const inRepository = /(?:\.\.\/)+docs\/(?:public\/)?/;

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'kyhooks',
  description: 'Composable middleware for the ky HTTP client',
  lang: 'en',
  cleanUrls: true,
  markdown: {
    // Letters on the ground of a code block, readable for everybody.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // A fence marked `ts twoslash` is compiled against the packages: what does not compile fails the build.
    codeTransformers: [transformerTwoslash({ twoslashOptions: { compilerOptions } })],
    languages: ['js', 'jsx', 'ts', 'tsx'],
    config: (md) => {
      const normalize = md.normalizeLink.bind(md);
      md.normalizeLink = (url) => normalize(url.replace(new RegExp(`^${inRepository.source}`), '/'));
    },
  },
  vite: { plugins: [llmsText(llms)] },
  buildEnd({ outDir }) {
    for (const file of globSync(join(outDir, '**/*.md'))) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replaceAll(new RegExp(`(?<=\\]\\()${inRepository.source}`, 'g'), '/'));
    }
  },
  themeConfig: {
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Packages', link: '/packages/core' },
      { text: 'At a glance', link: '/guide/at-a-glance' },
      { text: 'API', link: '/api/' },
    ],
    sidebar,
    search: { provider: 'local' },
  },
});

export default config;
