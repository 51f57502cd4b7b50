import twoslash from '@shikijs/vitepress-twoslash/client';
import type { Theme } from 'vitepress';
import defaultTheme from 'vitepress/theme';
import '@shikijs/vitepress-twoslash/style.css';
import './style.css';
import './situations.css';

const theme: Theme = {
  extends: defaultTheme,
  enhanceApp({ app }) {
    app.use(twoslash);
  },
};

export default theme;
