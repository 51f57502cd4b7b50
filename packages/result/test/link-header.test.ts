import { describe, expect, test } from 'vitest';
import { parseLinks } from '../src/link-header.ts';

const next = (target: string): object => ({ target, relations: ['next'] });

describe('the Link header (RFC 8288)', () => {
  test.each<[string | null, object[]]>([
    [null, []],
    ['', []],
    ['</a?page=2>; rel="next"', [next('/a?page=2')]],
    ['</a>;rel=next', [next('/a')]],
    ['</a> ; REL = "NEXT"', [next('/a')]],
    ['</a>; rel="prev next"', [{ target: '/a', relations: ['prev', 'next'] }]],
    ['</a>; title="a, b; rel=prev <x>"; rel=next', [next('/a')]],
    ['</a>; title="say \\"hi, rel=prev\\""; rel=next', [next('/a')]],
    ['</a>; rel=next; rel=prev', [next('/a')]],
    ['</a,b;c>; rel=next, </d>; rel=last', [next('/a,b;c'), { target: '/d', relations: ['last'] }]],
    ['</a>, </b>; rel=next', [{ target: '/a', relations: [] }, next('/b')]],
    ['</a>; rel', [{ target: '/a', relations: [] }]],
    ['garbage, </b>; rel=next', [next('/b')]],
    ['</a; rel=next', []],
    ['</a; </b>; rel=next', [next('/b')]],
    ['</a>; title="never closed, </b>; rel=next', [{ target: '/a', relations: [] }, next('/b')]],
  ])('%s', (value, expected) => {
    expect(parseLinks(value)).toEqual(expected);
  });
});
