// The form beside the player: keys, what was answered, what is on its way. The page is not drawn anew for an answer.
const panels = new WeakMap();

// Whether the list of keys stands open: who knows them closes it once, not at every call.
const keysShown = {
  read(otherwise) {
    try { return JSON.parse(localStorage.getItem("qcw-form-keys")) ?? otherwise; } catch { return otherwise; }
  },
  write(isOpen) {
    try { localStorage.setItem("qcw-form-keys", JSON.stringify(isOpen)); } catch { /* nothing is kept here */ }
  },
};

class Panel {
  constructor(root, component) {
    this.root = root;
    this.outbox = outboxOf(component.data.person, component.data.lang);
    this.opened = new Set();
    this.showsKeys = keysShown.read(innerWidth >= 1200 && innerHeight >= 850); // else the questions need the room
    this.seconds = new Map();
    this.position = 0;
    this.drawing = new Drawing(this);
    this.box = make("section", "qcw-form");
    root.append(this.box);
    this.start(component);
    const listen = (target, name, handler, isFirst = false) => {
      target.addEventListener(name, handler, isFirst);
      (this.undoListening ||= []).push(() => target.removeEventListener(name, handler, isFirst));
    };
    listen(document, "keydown", (event) => this.key(event));
    listen(document, "pointerdown", () => { this.work?.sign(); this.isPressed = true; }, true); // before the question draws
    for (const name of ["pointerup", "pointercancel"]) listen(document, name, () => setTimeout(() => this.released(), 0));
    listen(window, "qcw-keys", ({ detail }) => {
      if (this.isOpen) detail.push([this.data.labels.form, this.data.labels.keys.split(" · ")]);
    });
    listen(window, "qcw-position", (event) => {
      this.position = Number(event.detail?.at) || 0;
      this.work?.sign();
    });
    this.hear = (event) => this.heard(event);
    this.outbox.listeners.add(this.hear);
    this.clock = setInterval(() => this.drawing.tick(), 1000);
    this.outbox.send();
  }

  start(component) {
    this.component = component;
    const { data } = component;
    this.data = data;
    this.phase = data.phase;
    this.progress = data.progress;
    const box = this.outbox.of(data.call);
    const left = box.changes.length || Object.keys(box.drafts).length ? data.forms.findIndex((item) => item.form.code === box.form) : 0;
    this.chosen = Math.max(left, 0);
    this.said = null;
    this.isSending = false;
    this.isLeaving = false;
    this.replacing = false;
    this.following = null;
    this.useForm(data.form || data.forms[this.chosen]?.form || null, data.suggestions || data.forms[this.chosen]?.suggestions || {});
    this.work = this.isOpen ? new WorkClock(this.progress?.spent_s || 0, data.idle_s) : null;
    this.work?.sign();
    this.focused = this.firstOpen();
    this.draw();
    requestAnimationFrame(() => this.reveal());
  }

  // The question in hand, within the list: the page stays where it is.
  reveal() {
    const list = this.box.querySelector(".sections");
    const question = list?.querySelector("[aria-current]");
    if (!question) return;
    const view = list.getBoundingClientRect();
    const frame = question.getBoundingClientRect();
    if (frame.top < view.top || frame.bottom > view.bottom) list.scrollTop += frame.top - view.top - view.height / 4;
  }

  useForm(form, suggestions) {
    this.form = form;
    this.suggestions = suggestions;
    this.drawing.inputs.clear();
  }

  update(component) {
    this.component = component;
    const { data } = component;
    const isSame = data.call === this.data.call && data.person === this.data.person;
    // A page drawn again for something else: what stands here is younger than what it read.
    if (isSame && data.lang === this.data.lang) { this.data = { ...data, phase: this.data.phase, by: this.data.by }; this.stays(); return; }
    this.start(component);
  }

  leave() {
    this.undoListening.forEach((stop) => stop());
    clearTimeout(this.hushEnds);
    this.outbox.listeners.delete(this.hear);
    clearInterval(this.clock);
    this.sound?.pause();
    this.box.remove();
  }

  // What stands -------------------------------------------------------------

  get isOpen() { return ["open", "asked", "draft"].includes(this.phase); }
  get mayChoose() { return this.isOpen && !this.progress && !this.changes.length; }
  get changes() { return this.outbox.of(this.data.call).changes; }
  get isPending() { return this.changes.some((change) => change.kind !== "second-opinion"); }
  get steps() { return stepsWith(this.progress?.steps || [], this.isOpen ? this.changes : []); }
  get replies() { return standing(this.steps); }
  get shown() { return shownQuestions(this.form, this.replies); }
  get asked() {
    const { shown } = this;
    return this.form ? this.form.sections.flatMap((section) => section.questions).filter((item) => shown.has(item.code)) : [];
  }
  get secondOpinion() {
    const last = this.changes.filter((change) => change.kind === "second-opinion").pop();
    return last ? last.reason : (this.progress?.second_opinion ?? null);
  }
  get left() {
    const open = this.asked.filter((question) => question.required && !this.replies.has(question.code)).length;
    const causes = this.asked.filter((question) => this.lacksCause(question)).length;
    const { labels } = this.data;
    return [open ? filled(labels.unanswered, { n: open }) : labels.all_answered, causes ? filled(labels.causes_left, { n: causes }) : ""]
      .filter(Boolean).join(" · ");
  }

  question(code) { return this.asked.find((question) => question.code === code) || null; }
  isBad(question) { return isBad(question, this.replies.get(question.code), this.progress?.bad || []); }
  lacksCause(question) { return question.causes.length > 0 && this.isBad(question) && !this.replies.get(question.code).cause; }
  asksAtOnce(question) { return this.lacksCause(question) && !ticksGoOn(question); }
  isOnItsWay(question) { return this.changes.some((change) => change.question === question.code); }
  draft(name) { return this.outbox.of(this.data.call).drafts[name]; }
  keepDraft(name, text) { this.outbox.keepDraft(this.data.call, name, text); }
  firstOpen() {
    if (!this.isOpen) return null;
    const { asked, replies } = this;
    return (asked.find((question) => !replies.has(question.code)) || asked[0])?.code || null;
  }

  // A button must stay where it is from press to click.
  released() {
    this.isPressed = false;
    if (this.isLate) this.draw();
  }

  draw() {
    this.isLate = this.isPressed;
    if (this.isLate) return;
    this.isDrawing = true;
    this.missing ||= new Set();
    this.active = this.box.getRootNode().activeElement;
    const list = this.box.querySelector(".sections");
    const top = list?.scrollTop || 0;
    const marked = this.active?.dataset && this.box.contains(this.active) ? this.markOf(this.active) : null;
    this.box.dataset.phase = this.phase;
    this.box.classList.toggle("leaving", Boolean(this.isLeaving));
    this.box.replaceChildren(...this.drawing.whole());
    const after = this.box.querySelector(".sections");
    if (after) after.scrollTop = top;
    if (this.active && this.box.contains(this.active)) this.active.focus({ preventScroll: true });
    else if (marked) this.box.querySelector(marked)?.focus({ preventScroll: true });
    this.isDrawing = false;
  }

  // The button that had the cursor, so that Tab goes on from there when the form was drawn anew.
  markOf(node) {
    const question = node.closest("[data-question]")?.dataset.question;
    const name = node.dataset.value !== undefined ? "value" : node.dataset.cause !== undefined ? "cause" : null;
    return question && name ? `[data-question="${question}"] [data-${name}="${CSS.escape(node.dataset[name])}"]` : null;
  }

  say(kind, text) {
    this.said = text ? { kind, text } : null;
  }

  // What is done ------------------------------------------------------------

  change(kind, more) {
    this.work.sign();
    this.say();
    this.missing = new Set();
    const evaluation = this.progress?.evaluation;
    this.outbox.add(this.data.call, this.form, evaluation, { kind, ...more, spent_s: Math.round(this.work.seconds() * 10) / 10 });
  }

  answer(question, values, more = {}) {
    const before = this.replies.get(question.code);
    const draft = this.draft(`comment:${question.code}`);
    const suggested = this.suggestions[question.code];
    const comment = more.comment ?? draft?.trim() ?? before?.comment ?? "";
    const isSame = before && sameValues(before.values, values);
    const reply = {
      question: question.code, values, comment, cause: more.cause ?? (isSame ? before.cause : null),
      at_s: comment ? this.secondOf(question.code, before) : null,
    };
    if (isSame && before.comment === comment && before.cause === reply.cause && before.at_s === reply.at_s) return;
    if (draft !== undefined && this.commenting !== question.code) this.keepDraft(`comment:${question.code}`, "");
    this.change("answer", { ...reply, suggested: suggested ? { machine: suggested.machine, sign: suggested.sign } : undefined });
    this.causeOf = this.asksAtOnce(question) ? question.code : null;
    this.draw();
  }

  press(question, value) {
    if (!this.isOpen || this.isSending) return;
    this.focused = question.code;
    const before = this.replies.get(question.code);
    if (question.kind === "multi_choice" && value !== NOT_APPLICABLE) {
      const ticked = new Set(value === "" || !before || isNotApplicable(before) ? [] : before.values);
      if (value !== "" && !ticked.delete(value)) ticked.add(value);
      const order = question.answers.map((item) => item.value).filter((item) => ticked.has(item));
      this.answer(question, order);
    } else this.answer(question, [value]);
  }

  write(question, text) {
    const said = text.trim();
    const before = this.replies.get(question.code);
    if (question.kind === "number" && said && !NUMBER.test(said)) {
      this.say("problem", this.data.labels.number_wrong);
      this.draw();
      return;
    }
    this.keepDraft(question.code, "");
    if (said) this.answer(question, [question.kind === "number" ? said.replace(",", ".") : said]);
    else if (before && !isNotApplicable(before)) { this.change("clear", { question: question.code }); this.draw(); }
  }

  accept(question) {
    const suggestion = this.suggestions[question.code];
    if (suggestion && !this.replies.has(question.code)) this.press(question, suggestion.value);
  }

  setCause(question, cause) {
    const reply = this.replies.get(question.code);
    if (reply && this.isOpen) this.answer(question, reply.values, { cause });
  }

  comment(question, text) {
    const reply = this.replies.get(question.code);
    this.commenting = null;
    if (!reply) { this.keepDraft(`comment:${question.code}`, text.trim()); this.draw(); return; }
    this.keepDraft(`comment:${question.code}`, "");
    this.answer(question, reply.values, { comment: text.trim(), cause: reply.cause });
    this.draw();
  }

  secondOf(code, reply) { return this.seconds.has(code) ? this.seconds.get(code) : (reply?.at_s ?? null); }

  toggleSecond(question) {
    const reply = this.replies.get(question.code);
    const now = this.secondOf(question.code, reply);
    this.seconds.set(question.code, now === null ? Math.round(this.position * 10) / 10 : null);
    if (reply?.comment && this.commenting !== question.code) this.answer(question, reply.values, { cause: reply.cause });
    this.draw();
  }

  openComment(code) {
    this.commenting = code;
    const reply = this.replies.get(code);
    if (!reply?.comment && this.position > 0 && !this.seconds.has(code)) this.seconds.set(code, Math.round(this.position * 10) / 10);
    this.isPressed = false;
    this.draw();
    this.drawing.inputs.get(`comment:${code}`)?.focus();
  }

  undo() {
    if (!this.isOpen || !this.steps.length) return;
    const { question } = this.steps[this.steps.length - 1];
    this.change("undo");
    this.causeOf = null;
    this.focus(question);
  }

  openOpinion() {
    this.asking = true;
    this.isPressed = false;
    this.draw();
    this.drawing.inputs.get("opinion").focus();
  }

  askSecond(text) {
    const reason = text.trim() || null;
    this.asking = false;
    this.keepDraft("opinion", "");
    if (reason !== this.secondOpinion) this.change("second-opinion", { reason });
    this.draw();
  }

  submit() {
    if (!this.isOpen || this.isSending) return;
    const open = this.asked.filter((question) => (question.required && !this.replies.has(question.code)) || this.lacksCause(question));
    if (open.length) {
      this.missing = new Set(open.map((question) => question.code));
      this.say("problem", filled(this.data.labels.not_yet, { n: open.length }));
      this.causeOf = this.lacksCause(open[0]) ? open[0].code : null;
      this.focus(open[0].code);
      return;
    }
    if (!this.steps.length) return;
    this.change("submit");
    this.isSending = true;
    if (this.outbox.state === "offline") this.say("note", this.data.labels.submit_waits);
    else this.hush();
    this.draw();
  }

  choose(at) {
    this.chosen = at;
    this.useForm(this.data.forms[at].form, this.data.forms[at].suggestions);
    this.focused = this.firstOpen();
    this.draw();
  }

  playHere(start, end) { window.dispatchEvent(new CustomEvent("qcw-clip", { detail: { start, end } })); }

  playExample(example) {
    if (example.call === this.data.call) { this.playHere(example.second, example.second + 20); return; }
    const url = this.data.clips[example.call];
    if (!url) { this.say("problem", this.data.labels.no_clip); this.draw(); return; }
    window.dispatchEvent(new CustomEvent("qcw-play", { detail: this })); // whatever else plays stops
    this.sound?.pause();
    this.sound = new Audio(url);
    this.sound.currentTime = example.second;
    const end = example.second + 20;
    this.sound.addEventListener("timeupdate", () => { if (this.sound.currentTime >= end) this.sound.pause(); });
    this.sound.play().catch(() => {});
  }

  // What the server says ----------------------------------------------------

  heard(event) {
    if (event.kind === "state") {
      if (this.isSending && ["offline", "login"].includes(this.outbox.state)) this.stays();
      this.draw();
      return;
    }
    if (event.call !== this.data.call) return;
    if (event.progress) {
      this.progress = event.progress;
      this.work?.atLeast(event.progress.spent_s);
      if (this.phase === "open" || this.phase === "asked") this.phase = "draft";
      const { code, version } = event.progress.form;
      if (event.form && (code !== this.form.code || version !== this.form.version)) this.useForm(event.form, {});
    }
    if (event.kind === "refused") this.refused(event);
    if (event.kind === "kept" && event.change.kind === "submit") { this.sent(event); return; }
    if (this.causeOf && !this.lacksCause(this.question(this.causeOf) || { causes: [] })) this.causeOf = null;
    else if (event.kind === "kept" && event.change.kind === "answer" && event.change.question === this.focused) {
      const question = this.question(this.focused);
      if (question && this.asksAtOnce(question)) this.causeOf = this.focused;
    }
    if (this.focused && !this.question(this.focused)) this.focused = this.firstOpen();
    this.draw();
  }

  refused(event) {
    this.isSending = false;
    this.stays();
    this.say("problem", event.text || this.data.labels.refused);
    if (["evaluation_submitted", "evaluation_changed", "evaluation_unknown"].includes(event.error)) this.reload();
  }

  async reload() {
    try {
      const address = `/scoring?call=${encodeURIComponent(this.data.call)}&lang=${this.data.lang}`;
      const state = await (await fetch(address, { credentials: "same-origin" })).json();
      if (!state.phase) return;
      this.phase = state.phase;
      this.progress = state.progress;
      if (state.form) this.useForm(state.form, this.suggestions);
      this.draw();
    } catch { /* the outbox says what the line is like */ }
  }

  sent(event) {
    this.isSending = false;
    this.phase = "mine";
    this.following = event.next_call;
    this.data.queue = event.next_call;
    this.say();
    if (event.next_call) { this.openNext(); return; }
    this.stays();
    this.draw();
  }
}

export default function (component) {
  const { parentElement } = component;
  let entry = panels.get(parentElement);
  if (entry) {
    clearTimeout(entry.leaving);
    entry.panel.update(component);
  } else {
    entry = { panel: new Panel(parentElement, component), leaving: 0 };
    panels.set(parentElement, entry);
  }
  // A rerun of the page also comes through here: leave only when nobody draws us again.
  return () => {
    entry.leaving = setTimeout(() => { entry.panel.leave(); panels.delete(parentElement); }, 400);
  };
}
