// From this call to another one: the next, the queue where none is left, or one that comes instead of this.
const LONGEST_OPENING_MS = 10_000;

Object.assign(Panel.prototype, {
  // The next call, or the queue where none is left. The old one is quiet from now on: keys belong to what comes.
  openNext() {
    const following = this.following || this.data.queue;
    if (this.isLeaving) return;
    this.leaves(following);
    this.component.setTriggerValue(following ? "next" : "queue", following || "queue");
  },

  // Another call that cannot be judged takes this one's place; the page opens the next one.
  replace(reason) {
    this.replacing = false;
    this.leaves(null);
    this.component.setTriggerValue("replace", reason);
  },

  leaves(next) {
    this.isLeaving = true;
    this.draw();
    this.hush(next);
  },

  // The player falls silent, and Space is the next call's. `next`: undefined while the server is asked which it is.
  hush(next) {
    window.dispatchEvent(new CustomEvent("qcw-leave", { detail: { call: this.data.call, next } }));
    clearTimeout(this.hushEnds);
    this.hushEnds = setTimeout(() => this.stays(), LONGEST_OPENING_MS);
  },

  // The page did not go on: refused, or no line.
  stays() {
    clearTimeout(this.hushEnds);
    window.dispatchEvent(new CustomEvent("qcw-stay", { detail: { call: this.data.call } }));
    if (!this.isLeaving) return;
    this.isLeaving = false;
    this.draw();
  },

  askReplacement(isAsked) {
    if (isAsked && !this.data.reasons.length) return;
    this.replacing = isAsked;
    this.draw();
  },
});

Object.assign(Drawing.prototype, {
  // Why the call cannot be judged: each reason has a digit.
  reasons() {
    const { panel, labels } = this;
    if (!panel.replacing || !panel.isOpen) return null;
    const box = make("div", "note reasons", make("strong", "", labels.why_replaced));
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", labels.why_replaced);
    panel.data.reasons.forEach((reason, at) => {
      const node = button("answer", reason.text, () => panel.replace(reason.code));
      node.prepend(make("kbd", "", `${at + 1}`));
      box.append(node);
    });
    const keep = button("link", labels.keep, () => panel.askReplacement(false));
    keep.prepend(make("kbd", "", "Esc"));
    box.append(keep);
    return box;
  },

  // What may be done when the score is there.
  after() {
    const { panel, labels } = this;
    const foot = make("footer", "");
    if (panel.progress?.second_opinion) foot.append(make("p", "asked", `${labels.opinion_asked} ${panel.progress.second_opinion}`));
    if (panel.phase === "mine") {
      foot.append(make("p", "said done", panel.isLeaving ? labels.opening : labels.submitted));
      if (!panel.data.queue) foot.append(make("p", "", labels.nothing_left));
      const next = button("submit", panel.data.queue ? labels.next_call : labels.to_queue, () => panel.openNext());
      next.prepend(make("kbd", "", "S"));
      next.disabled = Boolean(panel.isLeaving);
      foot.append(next);
    }
    return foot;
  },
});
