export { otelDefaults, type AttemptState, type OtelOptions } from './options.ts';
export { otel } from './otel.ts';
