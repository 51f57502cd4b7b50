import ky, { type Options } from 'ky';
import * as v from 'valibot';
import { expectTypeOf, test } from 'vitest';
import { fanOut, paginate, type Result, result } from '../src/index.ts';

interface User {
  id: number;
}
interface Problem {
  code: string;
}
const User = v.object({ id: v.number() });
const Problem = v.object({ code: v.string() });

test('data is what the schema gives, the caller says, or the way of reading gives', () => {
  expectTypeOf(result(ky.get('a'), User)).toEqualTypeOf<Promise<Result<User>>>();
  expectTypeOf(result(ky.get<User>('a'))).toEqualTypeOf<Promise<Result<User>>>();
  expectTypeOf(result(() => ky.get('a'), 'text')).toEqualTypeOf<Promise<Result<string>>>();
  expectTypeOf(result(ky.get('a'), User, { error: Problem })).toEqualTypeOf<Promise<Result<User, Problem>>>();
});

test('a result narrows by ok, then by kind', async () => {
  const read = await result(ky.get('a'), User, { error: Problem });
  if (read.ok) {
    expectTypeOf(read.data).toEqualTypeOf<User>();
    expectTypeOf(read.status).toEqualTypeOf<number>();
  } else if (read.kind === 'http') {
    expectTypeOf(read.status).toEqualTypeOf<number>();
    expectTypeOf(read.data).toEqualTypeOf<Problem | undefined>();
    expectTypeOf(read.error).toEqualTypeOf<Error>();
  } else if (read.kind === 'schema') {
    expectTypeOf(read.data).toEqualTypeOf<unknown>();
  } else {
    expectTypeOf(read.kind).toEqualTypeOf<
      | 'network'
      | 'timeout'
      | 'parse'
      | 'rate-limit'
      | 'auth'
      | 'idempotency'
      | 'aborted'
      | 'stopped'
      | 'unknown'
    >();
    expectTypeOf(read.status).toEqualTypeOf<number | undefined>();
  }
});

test('fan-out: a result stays one, a plain value becomes one', async () => {
  const [item] = await fanOut(['a'], (id, { signal }) => result(ky.get(id, { signal }), User)).toArray();
  expectTypeOf(item!.input).toEqualTypeOf<string>();
  if (item!.result.ok) expectTypeOf(item!.result.data).toEqualTypeOf<User>();
  const [other] = await fanOut(new Set([1]), async (id) => `${id}`).toArray();
  if (other!.result.ok) expectTypeOf(other!.result.data).toEqualTypeOf<string>();
});

test('pages give the items of their schema', () => {
  const options: Options = {};
  const next = paginate(ky, 'a', { schema: v.array(User), request: options });
  expectTypeOf(next).toEqualTypeOf<AsyncGenerator<User, void, undefined>>();
  const named = paginate(ky, 'a', {
    schema: v.object({ users: v.array(User) }),
    items: ({ users }) => users,
  });
  expectTypeOf(named).toEqualTypeOf<AsyncGenerator<User, void, undefined>>();
  const untyped = paginate(ky, 'a');
  expectTypeOf(untyped).toEqualTypeOf<AsyncGenerator<unknown, void, undefined>>();
});
