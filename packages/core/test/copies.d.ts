/** The module once more, as a second copy of the package would bring it. */
declare module '*?copy';
