// Comments at a second or on a range: shown at once, kept here until the server has them.
const TRY_AGAIN_MS = 5000;

class Comments {
  constructor(player) {
    this.player = player;
    this.added = new Map(); // what the server took since the page was drawn
    this.removed = new Set();
    this.sending = false;
    this.form = this.makeForm();
    this.list = make("ul", "remarks");
    this.shelf = `comments ${player.data.listener} ${player.data.id}`;
    this.waiting = remembered.get(this.shelf, []);
    this.onLine = () => this.send();
    window.addEventListener("online", this.onLine);
    this.again = setInterval(this.onLine, TRY_AGAIN_MS);
  }

  destroy() {
    window.removeEventListener("online", this.onLine);
    clearInterval(this.again);
  }

  get may() {
    return Boolean(this.player.data.comment_url);
  }

  // The server's, then those on their way. A comment on its way has a token for an id.
  all() {
    const known = new Map(this.player.data.comments.map((item) => [item.id, item]));
    for (const [id, item] of this.added) known.set(id, item);
    for (const id of this.removed) known.delete(id);
    const drafts = this.waiting.filter((item) => !item.withdraws)
      .map((item) => ({ id: item.token, from: item.from_s, to: item.to_s, text: item.text, coaching: item.for_coaching, own: true, waits: true, problem: item.problem }));
    return [...known.values(), ...drafts].sort((a, b) => (a.from ?? -1) - (b.from ?? -1));
  }

  draw() {
    const { player } = this;
    const { labels } = player.data;
    const items = this.all();
    player.wave.clearMarks();
    for (const side of ["against", "for", "promise"]) {
      const bands = player.data.bands.filter((band) => band.side === side).map((band) => [band.start, band.end]);
      for (const [start, end] of united(bands)) // several about the same words make it no darker
        player.wave.mark(`${side}${start}`, start, end, `color-mix(in srgb, var(--${side}) 14%, transparent)`);
    }
    const placed = items.filter((item) => item.from !== null);
    for (const item of placed)
      player.wave.mark(`c${item.id}`, item.from, item.to ?? item.from, item.to === null ? "var(--note)" : "color-mix(in srgb, var(--note) 20%, transparent)");
    player.lanes.comments(placed.map((item) => ({
      start: item.from, end: item.to ?? item.from, label: item.text, text: `${item.author ?? ""} ${item.text}`, kind: "note",
      action: () => player.seek(item.from),
    })));
    this.list.replaceChildren(...items.map((item) => this.entry(item, labels)));
    this.list.setAttribute("aria-label", labels.comments);
    player.box.dataset.comments = String(items.length);
  }

  entry(item, labels) {
    const entry = make("li", item.waits ? "remark waits" : "remark");
    const when = item.from === null ? labels.whole_call : item.to === null ? clock(item.from) : `${clock(item.from)}–${clock(item.to)}`;
    const at = makeButton("at", when, `${labels.from_here} ${when}`, () => {
      if (item.to !== null && item.from !== null) this.player.rangeIs(item.from, item.to, true);
      this.player.seek(item.from ?? 0);
    });
    entry.append(at, make("p", "", item.text));
    if (item.coaching) entry.append(make("span", "tag", labels.for_coaching));
    const said = item.problem ?? (item.waits ? labels.waits_for_line : [item.author, item.when].filter(Boolean).join(" · "));
    entry.append(make("span", item.problem ? "problem" : "by", said));
    if (item.own && this.may) entry.append(makeButton("undo", labels.undo, `${labels.undo}: ${item.text}`, () => this.undo(item)));
    return entry;
  }

  makeForm() {
    const { labels } = this.player.data;
    const form = make("form", "comment");
    form.hidden = true;
    this.about = make("strong");
    this.text = make("textarea");
    this.text.rows = 3;
    this.text.maxLength = 4000;
    this.text.setAttribute("aria-label", labels.comment_text);
    this.text.placeholder = labels.comment_text;
    const tick = make("label");
    this.coaching = make("input");
    this.coaching.type = "checkbox";
    tick.append(this.coaching, labels.for_coaching);
    const save = make("button", "play", labels.save_comment);
    save.type = "submit";
    const leave = makeButton("", labels.cancel, labels.cancel, () => this.close());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const foot = make("div", "foot");
    foot.append(tick, save, leave);
    form.append(this.about, this.text, foot);
    return form;
  }

  open() {
    if (!this.may) return;
    const { player } = this;
    if (!this.form.hidden) { this.text.focus(); return; }
    const range = player.sound.range;
    const at = Math.round(player.sound.audio.currentTime * 10) / 10;
    this.passage = range ? { from_s: Math.round(range.start * 10) / 10, to_s: Math.floor(range.end * 10) / 10 } : { from_s: at, to_s: null };
    this.about.textContent = range ? `${clock(range.start)}–${clock(range.end)}` : clock(at);
    this.resumes = !player.sound.audio.paused;
    player.sound.audio.pause();
    this.form.hidden = false;
    this.text.focus();
  }

  close() {
    this.form.hidden = true;
    this.text.value = "";
    this.coaching.checked = false;
    this.player.wave.box.focus({ preventScroll: true });
    if (this.resumes) this.player.sound.play();
  }

  save() {
    const text = this.text.value.trim();
    if (!text) { this.text.focus(); return; }
    this.keep([...this.waiting, { token: token(), text, ...this.passage, for_coaching: this.coaching.checked, lang: this.player.data.language }]);
    this.close();
    this.draw();
    this.send();
  }

  keep(waiting) {
    this.waiting = waiting;
    remembered.set(this.shelf, waiting.length ? waiting : null);
  }

  undo(item) {
    if (item.waits && !(this.sending && this.waiting[0]?.token === item.id)) {
      this.keep(this.waiting.filter((other) => other.token !== item.id));
    } else {
      this.removed.add(item.id);
      this.keep([...this.waiting, { token: token(), withdraws: item.id, lang: this.player.data.language }]);
      this.send();
    }
    this.draw();
  }

  undoLast() {
    const mine = this.all().filter((item) => item.own && (item.waits || this.added.has(item.id)));
    const last = [...this.added.keys()].at(-1);
    const item = mine.findLast((one) => one.waits) ?? mine.find((one) => one.id === last);
    if (item) this.undo(item);
  }

  // One after the other, in their order. What the server refuses for good stays in the list with its reason.
  async send() {
    if (this.sending || !this.may) return;
    const item = this.waiting.find((one) => !one.problem);
    if (!item) return;
    this.sending = true;
    const { problem, withdraws, ...words } = item;
    const url = this.player.data.comment_url;
    let goesOn = false;
    try {
      const answer = await post(withdraws ? `${url}/${encodeURIComponent(withdraws)}/withdraw` : url, words);
      const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 401 && answer.status !== 408 && answer.status !== 429;
      if (answer.ok) {
        const said = await answer.json();
        if (!withdraws) { this.added.set(said.id, said); this.removed.delete(said.id); }
        else { this.added.delete(withdraws); this.removed.add(withdraws); }
        this.keep(this.waiting.filter((one) => one.token !== item.token));
        goesOn = true;
      } else if (refused) {
        const said = await answer.json().catch(() => ({}));
        if (withdraws) { this.removed.delete(withdraws); this.keep(this.waiting.filter((one) => one.token !== item.token)); }
        else this.keep(this.waiting.map((one) => one.token === item.token ? { ...one, problem: said.says ?? this.player.data.labels.refused } : one));
        goesOn = true;
      }
    } catch { /* no line: the next try comes by itself */ }
    this.sending = false;
    if (this.player.gone) return;
    this.draw();
    if (goesOn) this.send();
  }
}
