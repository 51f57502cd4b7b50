import axios from 'axios';
import axiosRetry, { exponentialDelay } from 'axios-retry';
import type { User, Users } from './users.ts';

export function users(baseURL: string): Users {
  const api = axios.create({ baseURL, timeout: 3_000 });
  axiosRetry(api, { retries: 3, retryDelay: exponentialDelay });

  return {
    read: async (id, signal) => (await api.get<User>(`users/${id}`, { signal })).data,
    create: async (user, signal) => (await api.post<User>('users', user, { signal })).data,
  };
}
