import { Converter } from 'typedoc';

/** TypeDoc names a module after its file; the reader knows it by what stands in the import. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    const [, name, leaf] = /^(\w[\w-]*)\/src(\/[\w-]+)?$/.exec(reflection.name) ?? [];
    if (name) reflection.name = `@kyhooks/${name}${leaf ?? ''}`;
  });
}
