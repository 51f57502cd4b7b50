// Shows what a mark says about itself, where the pointer or the focus is. Without this script it is still in the
// `aria-label` of the mark, and under “What was decided, and why”.
/** The mark whose words were sent away; scrolling does not bring them back. */
let dismissed;

/** @param {EventTarget | null} target @param {number} [pointerX] */
function show(target, pointerX) {
  // Asked anew each time: the site leaves pages, and comes back, without loading this again.
  const tip = document.getElementById('tip');
  if (!tip) return;
  const mark = target instanceof Element ? target.closest('[data-tip]') : null;
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.getAttribute('data-tip');
  const { left, top, bottom } = mark.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const x = pointerX === undefined ? left : pointerX + 14;
  const below = bottom + 8;
  tip.style.left = `${Math.max(8, Math.min(x, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${below + height < innerHeight ? below : Math.max(8, top - height - 8)}px`;
}

for (const kind of ['pointermove', 'pointerdown'])
  addEventListener(kind, ({ target, clientX }) => show(target, clientX));
addEventListener('focusin', ({ target }) => {
  dismissed = undefined;
  show(target);
});
addEventListener('focusout', () => show(null));
// A focus that comes by Tab scrolls its mark into sight.
addEventListener('scroll', () => show(document.activeElement === dismissed ? null : document.activeElement), {
  passive: true,
});
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  dismissed = document.activeElement;
  show(null);
});
