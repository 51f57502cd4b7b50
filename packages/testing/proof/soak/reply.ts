/** What a server answers, or does in place of an answer. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection breaks at once, or within the body; or nothing comes, or no more than half of the body. */
  readonly fault?: 'break' | 'cut' | 'hang' | 'stall';
}

const json = { 'content-type': 'application/json' };
const user: Reply = { headers: json, body: '{"id":1}' };

/** The API of the soak: the path says how it answers. The same in memory and over loopback. */
export function repliesOfApi(): (path: string, authorization: string | null) => Reply {
  const asked = new Map<string, number>();
  const everySecond = (path: string, reply: Reply): Reply => {
    const number = (asked.get(path) ?? 0) + 1;
    asked.set(path, number);
    return number % 2 === 0 ? user : reply;
  };
  return (path, authorization) => {
    switch (path) {
      case '/users/1':
        return user;
      case '/empty':
        return { status: 204 };
      case '/missing':
        return { status: 404, headers: json, body: '{"error":"none"}' };
      case '/flaky':
        return everySecond(path, { status: 503, body: 'busy' });
      case '/paused':
        return everySecond(path, { status: 429, headers: { 'retry-after-ms': '2' } });
      case '/down':
        return { status: 503, body: 'down' };
      case '/private':
        return authorization === 'Bearer new' ? user : { status: 401 };
      case '/users/wrong':
        return { headers: json, body: '{"id":"one"}' };
      case '/malformed':
        return { headers: json, body: '{"id":' };
      case '/large':
        return { body: large };
      case '/break':
        return { fault: 'break' };
      case '/cut':
        return { body: large, fault: 'cut' };
      case '/hang':
        return { fault: 'hang' };
      case '/stall':
        return { body: large, fault: 'stall' };
      default:
        throw new Error(`The API of the soak has no ${path}`);
    }
  };
}

const large = 'x'.repeat(2_048);
