export { auth } from './auth.ts';
export { AuthError, type AuthErrorCode, isAuthError } from './errors.ts';
export { authDefaults, type AuthOptions, type GivenToken } from './options.ts';
