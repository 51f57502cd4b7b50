import { defineConfig, type UserConfig } from 'tsdown';
import shared from '../../tooling/tsdown.ts';

const config: UserConfig = defineConfig({
  ...shared,
  // The generator drops it from the source; who compiles without this library would miss `AsyncDisposable`.
  banner: ({ fileName }) =>
    fileName === 'factory.d.ts' ? { dts: '/// <reference lib="esnext.disposable" />' } : undefined,
});

export default config;
