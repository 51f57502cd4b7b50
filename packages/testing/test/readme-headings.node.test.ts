import { expect, test } from 'vitest';
import { publishedPackages, readmeOf } from './published.ts';

/** Every README has these, in this order: who has read one finds the same thing in the others. */
const headings = [
  'Install',
  'Example',
  'Options',
  'How the number is computed',
  'Errors',
  'Stage and interactions',
  'Record and telemetry',
  "Do and don't",
  'Recipes',
];

/** Sections with their text, in the order of the document. Fences are no headings. */
function sectionsOf(markdown: string): [heading: string, text: string][] {
  const withoutFences = markdown.replaceAll(/^```[^]*?^```$/gm, '(code)');
  return withoutFences
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...rest] = section.split('\n');
      return [heading, rest.join('\n').trim()];
    });
}

test.each(publishedPackages)('the README of %s has the common headings, each with a text', (name) => {
  const sections = sectionsOf(readmeOf(name));
  expect(sections.map(([heading]) => heading)).toEqual(headings);
  expect(sections.filter(([, text]) => text.length < 80 && !text.includes('(code)'))).toEqual([]);
});

test.each(publishedPackages)(
  'the README of %s says what is seen of it, gives reasons, and has a recipe',
  (name) => {
    const sections = new Map(sectionsOf(readmeOf(name)));
    expect(sections.get('Record and telemetry')).toContain('**Telemetry.**');
    expect(sections.get('Recipes')).toMatch(/^### /);
    // Each rule is followed by its reason, in italics.
    const rules = sections.get("Do and don't")!.split('\n');
    expect(rules.length).toBeGreaterThan(1);
    for (const rule of rules) expect(rule).toMatch(/^- \*\*(?:Do|Don't)\*\* .*\*[^*]+\*/);
  },
);
