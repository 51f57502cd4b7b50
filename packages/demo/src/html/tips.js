// Shows what a mark says about itself, where the pointer or the focus is. Without this script it is still in the
// `aria-label` of the mark, and under “What was decided, and why”.
const tip = document.getElementById('tip');

/** @param {Event} event */
function show(event) {
  const mark = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.getAttribute('data-tip');
  const { left, top, bottom } = mark.getBoundingClientRect();
  const x = event instanceof PointerEvent ? event.clientX + 14 : left;
  const { width, height } = tip.getBoundingClientRect();
  const below = bottom + 8;
  tip.style.left = `${Math.max(8, Math.min(x, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${below + height < innerHeight ? below : Math.max(8, top - height - 8)}px`;
}

const hide = () => void (tip.hidden = true);

for (const kind of ['pointermove', 'pointerdown', 'focusin']) addEventListener(kind, show);
for (const kind of ['focusout', 'scroll', 'pointerleave']) addEventListener(kind, hide, { passive: true });
addEventListener('keydown', ({ key }) => key === 'Escape' && hide());
