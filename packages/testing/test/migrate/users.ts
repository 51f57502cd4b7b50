/** What the examples of migration do: read a user, create one. */
export interface Users {
  read(id: number, signal: AbortSignal): Promise<User>;
  create(user: Omit<User, 'id'>, signal: AbortSignal): Promise<User>;
}

export interface User {
  readonly id: number;
  readonly name: string;
}
