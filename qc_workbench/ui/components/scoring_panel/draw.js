// The form as it is seen. Everything is built with text nodes: nothing of the data is ever read as markup.

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

function make(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content.filter((part) => part !== null && part !== undefined));
  return node;
}

function button(className, text, action, title) {
  const node = make("button", className, text);
  node.type = "button";
  if (title) node.title = title;
  node.addEventListener("click", action);
  return node;
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// Draws one panel; `panel` knows the state and does what is asked.
class Drawing {
  constructor(panel) {
    this.panel = panel;
    this.inputs = new Map(); // fields keep their node, cursor and all, while the form is drawn anew
  }

  get labels() { return this.panel.data.labels; }

  number(value, digits = 1) {
    return value === null || value === undefined ? "—"
      : value.toLocaleString(this.panel.data.lang, { maximumFractionDigits: digits });
  }

  whole() {
    const { panel } = this;
    const parts = [this.head(), this.banner(), this.message(), this.reasons()];
    if (panel.form) parts.push(this.sections(), panel.isOpen ? this.foot() : this.after());
    else if (panel.phase === "mine") parts.push(this.after());
    return parts.filter(Boolean);
  }

  head() {
    const { panel, labels } = this;
    const box = make("header", "top");
    const title = make("div", "title");
    const forms = panel.data.forms;
    if (panel.mayChoose && forms.length > 1) {
      const choice = make("select", "");
      choice.setAttribute("aria-label", labels.form);
      forms.forEach((item, at) => {
        const option = make("option", "", item.form.title);
        option.value = String(at);
        choice.append(option);
      });
      choice.value = String(panel.chosen);
      choice.addEventListener("change", () => panel.choose(Number(choice.value)));
      title.append(choice);
    } else title.append(make("strong", "", panel.form ? panel.form.title : labels.title));
    box.append(title, this.score());
    if (panel.isOpen) box.append(this.status());
    return box;
  }

  score() {
    const { panel, labels } = this;
    const found = panel.progress?.score;
    const box = make("div", panel.isPending ? "score pending" : "score");
    box.setAttribute("aria-live", "polite");
    const value = make("b", "", this.number(found?.value));
    value.dataset.score = found?.value ?? "";
    box.append(value, make("span", "", panel.isOpen ? labels.score_so_far : labels.score));
    const band = panel.form?.bands.find((item) => item.code === found?.band);
    if (band) box.append(make("span", "band", band.text));
    if (found?.bonus) box.append(make("span", "muted", filled(labels.bonus, { n: this.number(found.bonus) })));
    return box;
  }

  status() {
    const { labels, panel } = this;
    const state = panel.outbox.state;
    const line = make("div", `status ${state}`, labels[`state_${state}`]);
    line.setAttribute("role", "status");
    line.dataset.state = state;
    this.time = make("span", "time", "");
    this.tick();
    if (state === "login") {
      const link = make("a", "", labels.log_in);
      link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
      line.append(" ", link);
    }
    line.append(this.time);
    return line;
  }

  // Failed: said plainly, with why, and with what the score would be; the answers stay as they are.
  banner() {
    const { panel, labels } = this;
    const found = panel.progress?.score;
    if (panel.data.phase === "asked" && !panel.progress)
      return make("p", "note", filled(labels.asked, { who: panel.data.by, why: panel.data.reason || "—" }));
    if (panel.isOpen && panel.data.also && !found?.failures.length)
      return make("p", "note", filled(labels.also, { who: panel.data.also }));
    if (panel.phase === "theirs")
      return make("p", "note", filled(labels.theirs, { who: panel.data.by }));
    if (!found?.failures.length) return null;
    const names = found.failures.map((code) => this.nameOf(code)).join("; ");
    const box = make("div", "failed");
    box.setAttribute("role", "alert");
    box.append(make("strong", "", labels.failed), ` ${filled(labels.failed_by, { what: names })} `,
      filled(labels.without_failure, { n: this.number(found.without_failure) }));
    return box;
  }

  nameOf(code) {
    for (const section of this.panel.form.sections) {
      if (section.code === code) return `«${section.title}»`;
      const question = section.questions.find((item) => item.code === code);
      if (question) return `«${question.text}»`;
    }
    return code;
  }

  message() {
    const { said } = this.panel;
    if (!said) return null;
    const line = make("p", `said ${said.kind}`, said.text);
    line.setAttribute("role", said.kind === "problem" ? "alert" : "status");
    return line;
  }

  sections() {
    const { panel } = this;
    const body = make("div", "sections");
    const shown = panel.shown;
    for (const section of panel.form.sections) {
      const questions = section.questions.filter((question) => shown.has(question.code));
      if (!questions.length) continue;
      const part = make("section", "");
      const found = panel.progress?.score.sections.find((item) => item.code === section.code);
      const points = found && found.possible
        ? `${this.number(found.earned)} / ${this.number(found.possible)}${found.is_zeroed ? ` · ${this.labels.zeroed}` : ""}` : "";
      const heading = make("h2", "", section.title, make("span", "points", points));
      if (section.critical_below !== null) {
        const mark = make("span", "critical", filled(this.labels.section_critical, { n: section.critical_below }));
        heading.append(mark);
      }
      part.append(heading, ...questions.map((question) => this.question(question)));
      body.append(part);
    }
    return body;
  }

  question(question) {
    const { panel, labels } = this;
    const reply = panel.replies.get(question.code);
    const isFocused = panel.isOpen && panel.focused === question.code;
    const box = make("div", ["question", isFocused && "focused", reply && "answered", panel.isBad(question) && "bad",
      panel.missing.has(question.code) && "missing"].filter(Boolean).join(" "));
    box.dataset.question = question.code;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", question.text);
    if (isFocused) box.setAttribute("aria-current", "true");
    box.addEventListener("pointerdown", () => panel.focus(question.code, false));
    const text = make("p", "text", question.text);
    if (question.critical) text.append(" ", make("span", "critical", labels[`critical_${question.critical}`]));
    if (!question.required) text.append(" ", make("span", "muted", labels.optional));
    if (question.points)
      text.append(" ", make("span", "points", `${question.bonus ? "+" : ""}${this.number(question.points)}`));
    box.append(text);
    const suggestion = panel.suggestions[question.code];
    box.append(this.answers(question, reply, suggestion));
    if (suggestion) box.append(this.suggestion(question, reply, suggestion));
    if (question.causes.length && panel.isBad(question)) box.append(this.causes(question, reply));
    const tools = make("div", "tools");
    if (question.help || question.examples.length) tools.append(this.help(question));
    tools.append(...this.comment(question, reply));
    box.append(tools);
    return box;
  }

  help(question) {
    const { panel, labels } = this;
    const more = make("details", "help", make("summary", "", labels.help));
    more.open = panel.opened.has(question.code);
    more.addEventListener("toggle", () => panel.opened[more.open ? "add" : "delete"](question.code));
    if (question.help) more.append(make("p", "", question.help));
    for (const example of question.examples)
      more.append(button("clip", `▶ ${clock(example.second)} ${example.note}`, () => panel.playExample(example)));
    return more;
  }

  answers(question, reply, suggestion) {
    const { panel, labels } = this;
    if (question.kind === "number" || question.kind === "text") return this.field(question, reply);
    const isLong = question.kind === "choice" || question.kind === "multi_choice";
    const row = make("div", isLong ? "answers long" : "answers");
    const add = (value, text, key, isOn) => {
      const isHint = suggestion?.value === value && !reply;
      const node = button(["answer", isOn && "on", isHint && "suggested", isOn && question.bad.includes(value) && "bad"]
        .filter(Boolean).join(" "), text, () => panel.press(question, value));
      if (key) node.prepend(make("kbd", "", key));
      node.setAttribute("aria-pressed", String(Boolean(isOn)));
      node.dataset.value = value;
      node.disabled = !panel.isOpen;
      row.append(node);
    };
    for (const { value, text, key } of question.answers)
      add(value, text, question.kind === "scale" && key === text ? null : key, reply?.values.includes(value));
    if (question.kind === "multi_choice") add("", labels.none_of_these, question.not_applicable ? null : "0", reply && !reply.values.length);
    if (question.not_applicable) add(NOT_APPLICABLE, labels.not_applicable, "X", reply && isNotApplicable(reply));
    return row;
  }

  field(question, reply) {
    const { panel, labels } = this;
    const row = make("div", "answers");
    const given = reply && !isNotApplicable(reply) ? reply.values[0] : "";
    if (!panel.isOpen) row.append(make("p", "written", given || "—"));
    else {
      const key = `field:${question.code}`;
      const node = this.input(key, question.kind === "text" ? "textarea" : "input", panel.draft(question.code) ?? given, {
        save: (text) => panel.write(question, text), typed: (text) => panel.keepDraft(question.code, text),
        label: question.kind === "text" ? labels.text_here : labels.number_here,
      });
      if (question.kind === "number") node.inputMode = "decimal";
      row.append(node);
    }
    if (question.not_applicable) {
      const isOn = reply && isNotApplicable(reply);
      const node = button(isOn ? "answer on" : "answer", labels.not_applicable, () => panel.press(question, NOT_APPLICABLE));
      node.prepend(make("kbd", "", "X"));
      node.setAttribute("aria-pressed", String(Boolean(isOn)));
      node.disabled = !panel.isOpen;
      row.append(node);
    }
    return row;
  }

  // A field that is saved when it is left or with Enter. What is typed is kept at every key.
  input(key, tag, value, { save, typed, label }) {
    let node = this.inputs.get(key);
    if (!node) {
      node = make(tag, "");
      if (tag === "textarea") node.rows = 2;
      node.value = value;
      this.inputs.set(key, node);
      node.addEventListener("input", () => node.typed(node.value));
      node.addEventListener("blur", () => { if (!this.panel.isDrawing) node.save(node.value); });
      node.addEventListener("keydown", (event) => {
        const leaves = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey && !event.ctrlKey);
        if (!leaves || event.isComposing) return;
        event.preventDefault();
        event.stopPropagation();
        node.blur();
      });
    }
    node.setAttribute("aria-label", label);
    node.placeholder = label;
    node.save = save;
    node.typed = typed;
    if (this.panel.active !== node) node.value = value;
    return node;
  }

  // The machine's answer, visibly no person's.
  suggestion(question, reply, suggestion) {
    const { panel, labels } = this;
    const isSame = reply && reply.values[0] === suggestion.value;
    const box = make("div", reply ? "suggestion settled" : "suggestion");
    box.append(make("span", "", `${labels.machine} ${labels[`machine_${suggestion.machine}`]}`,
      suggestion.says ? ` · ${suggestion.says}` : ""));
    if (panel.isOpen && !reply) {
      const accept = button("accept", labels.accept, () => panel.accept(question));
      accept.prepend(make("kbd", "", "A"));
      box.append(accept);
    } else if (reply) box.append(make("span", "muted", isSame ? labels.accepted : labels.overruled));
    for (const proof of suggestion.proofs) {
      const text = proof.quote ? `«${proof.quote}»` : "";
      box.append(button("clip", `▶ ${clock(proof.start)} ${text}`, () => panel.playHere(proof.start, proof.end)));
    }
    return box;
  }

  causes(question, reply) {
    const { panel, labels } = this;
    const box = make("div", panel.causeOf === question.code ? "causes asked" : "causes");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", labels.cause);
    box.append(make("span", reply.cause ? "muted" : "needed", labels.cause));
    question.causes.forEach((cause, at) => {
      const node = button(reply.cause === cause.code ? "cause on" : "cause", cause.text, () => panel.setCause(question, cause.code));
      if (panel.causeOf === question.code && at < 9) node.prepend(make("kbd", "", String(at + 1)));
      node.setAttribute("aria-pressed", String(reply.cause === cause.code));
      node.dataset.cause = cause.code;
      node.disabled = !panel.isOpen;
      box.append(node);
    });
    return box;
  }

  comment(question, reply) {
    const { panel, labels } = this;
    const key = `comment:${question.code}`;
    const draft = panel.draft(key);
    if (panel.isOpen && (panel.commenting === question.code || draft !== undefined)) {
      const row = make("div", "comment");
      row.append(this.input(key, "textarea", draft ?? reply?.comment ?? "", {
        save: (text) => panel.comment(question, text), typed: (text) => panel.keepDraft(key, text), label: labels.comment,
      }));
      const at = panel.secondOf(question.code, reply);
      row.append(button("at", at === null ? `+ ${clock(panel.position)}` : `${clock(at)} ×`,
        () => panel.toggleSecond(question), at === null ? labels.bind : labels.unbind));
      if (!reply) row.append(make("span", "muted", labels.comment_waits));
      return [row];
    }
    if (!reply?.comment) {
      if (!panel.isOpen) return [];
      return [button("link", labels.add_comment, () => panel.openComment(question.code))];
    }
    const row = make("div", "comment written");
    if (reply.at_s !== null && reply.at_s !== undefined)
      row.append(button("clip", `▶ ${clock(reply.at_s)}`, () => panel.playHere(reply.at_s, reply.at_s + 15)));
    row.append(panel.isOpen ? button("link text", reply.comment, () => panel.openComment(question.code)) : make("span", "", reply.comment));
    return [row];
  }

  foot() {
    const { panel, labels } = this;
    const foot = make("footer", "");
    foot.append(this.opinion());
    const row = make("div", "row");
    const submit = button("submit", labels.submit, () => panel.submit());
    submit.prepend(make("kbd", "", "S"));
    submit.disabled = panel.isSending || panel.isLeaving;
    const undo = button("", labels.undo, () => panel.undo());
    undo.prepend(make("kbd", "", "Z"));
    undo.disabled = !panel.steps.length;
    row.append(submit, undo);
    const keys = make("details", "help", make("summary", "", labels.keys_title), make("p", "", labels.keys));
    keys.open = panel.showsKeys;
    keys.addEventListener("toggle", () => {
      if (keys.open === panel.showsKeys) return; // told of how it was drawn
      panel.showsKeys = keys.open;
      keysShown.write(keys.open);
    });
    foot.append(row, make("p", "left", panel.left), keys);
    return foot;
  }

  tick() {
    const { work } = this.panel;
    if (!this.time || !work) return;
    this.time.textContent = filled(this.labels[work.isPaused ? "time_paused" : "time"], { t: clock(work.seconds()) });
  }

  opinion() {
    const { panel, labels } = this;
    const box = make("div", "opinion");
    const reason = panel.secondOpinion;
    if (panel.asking) {
      box.append(this.input("opinion", "textarea", panel.draft("opinion") ?? reason ?? "", {
        save: (text) => panel.askSecond(text), typed: (text) => panel.keepDraft("opinion", text), label: labels.opinion_why,
      }));
    } else if (reason !== null) {
      box.append(make("span", "asked", `${labels.opinion_asked} ${reason}`),
        button("link", labels.opinion_change, () => panel.openOpinion()),
        button("link", labels.opinion_drop, () => panel.askSecond("")));
    } else {
      const ask = button("link", labels.opinion, () => panel.openOpinion());
      ask.prepend(make("kbd", "", "O"));
      box.append(ask);
    }
    if (panel.data.reasons.length && !panel.asking) {
      const replace = button("link", labels.replace, () => panel.askReplacement(true));
      replace.prepend(make("kbd", "", "M"));
      box.append(replace);
    }
    return box;
  }
}
