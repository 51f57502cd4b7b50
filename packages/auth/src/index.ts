export { auth } from './auth.ts';
export { AuthError, type AuthErrorCode, isAuthError } from './errors.ts';
export { inQuery } from './in-query.ts';
export { authDefaults, type AuthOptions, type GivenToken, type Sign } from './options.ts';
