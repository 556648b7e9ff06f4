// Keys by their place on the keyboard, so that the Russian layout has the same. Space, J, K, L, comma, period, C,
// brackets, plus, minus and slash are the player's.
Object.assign(Panel.prototype, {
  key(event) {
    if (!this.box.isConnected || event.defaultPrevented) return;
    const path = event.composedPath();
    if (path.some((node) => node.tagName === "DIALOG" && node.open)) return; // the list of keys is read, not the form
    const target = path[0];
    const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT|OPTION)$/.test(target.tagName || "");
    const isInside = path.includes(this.box);
    this.work?.sign();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "Enter") {
      if (isTyping && !isInside) return;
      event.preventDefault();
      if (isTyping) target.blur(); // saves what was typed
      this.onSubmitKey();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    if (event.code === "Enter" && /^(BUTTON|A|SUMMARY)$/.test(target.tagName || "")) return;
    if (!isInside && target.closest?.("[role=listbox],[role=radiogroup],[role=tablist],[role=grid],[role=dialog],[role=menu]")) return;
    if (/^Arrow/.test(event.code) && !isInside && target.closest?.("[role=region],[role=slider]")) return;
    const action = this.actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  },

  actionOf(event) {
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    if (event.code === "KeyS") return () => this.onSubmitKey();
    if (!this.isOpen || this.isSending || this.isLeaving) return null;
    if (this.replacing) return this.reasonKey(event.code, digit);
    const question = this.question(this.focused);
    if (digit !== undefined && !event.shiftKey) return question ? () => this.onDigit(question, digit) : null;
    return {
      KeyX: () => { if (question?.not_applicable) this.press(question, NOT_APPLICABLE); },
      KeyN: () => this.move(1),
      ArrowDown: () => this.move(1),
      KeyP: () => this.move(-1),
      ArrowUp: () => this.move(-1),
      KeyA: () => { if (question) this.accept(question); },
      KeyZ: () => this.undo(),
      KeyO: () => this.openOpinion(),
      KeyM: () => this.askReplacement(true),
      KeyH: () => this.toggleHelp(),
      Enter: () => this.onEnter(question),
      NumpadEnter: () => this.onEnter(question),
      Escape: () => { this.causeOf = null; this.draw(); },
      Backspace: () => this.clearFocused(question),
      Delete: () => this.clearFocused(question),
    }[event.code] || null;
  },

  // While it is asked why the call cannot be judged, a digit is the reason; anything else but Escape waits.
  reasonKey(code, digit) {
    const reason = digit && this.data.reasons[Number(digit) - 1];
    if (reason) return () => this.replace(reason.code);
    return code === "Escape" ? () => this.askReplacement(false) : () => {};
  },

  onSubmitKey() {
    if (this.isOpen && (this.replacing || this.isLeaving)) return;
    if (this.isOpen) this.submit();
    else if (this.phase === "mine") this.openNext();
  },

  // A digit picks the cause while one is asked for, else the answer. 0 is "not applicable" where no answer has it.
  onDigit(question, digit) {
    if (this.causeOf === question.code) {
      const cause = question.causes[Number(digit) - 1];
      if (cause) this.setCause(question, cause.code);
      return;
    }
    const found = question.answers.find((item) => item.key === digit);
    if (found) this.press(question, found.value);
    else if (digit === "0" && question.not_applicable) this.press(question, NOT_APPLICABLE);
    else if (digit === "0" && question.kind === "multi_choice") this.press(question, "");
    else if (question.kind === "number" || question.kind === "text") this.openField(question, question.kind === "number" ? digit : "");
  },

  onEnter(question) {
    if (!question) return;
    if ((question.kind === "number" || question.kind === "text") && !this.replies.has(question.code)) this.openField(question, "");
    else this.openComment(question.code);
  },

  openField(question, text) {
    const field = this.drawing.inputs.get(`field:${question.code}`);
    if (!field) return;
    if (text) { field.value = text; this.keepDraft(question.code, text); }
    field.focus();
  },

  clearFocused(question) {
    if (!question || !this.replies.has(question.code)) return;
    this.change("clear", { question: question.code });
    this.causeOf = null;
    this.draw();
  },

  toggleHelp() {
    if (!this.focused) return;
    this.opened[this.opened.has(this.focused) ? "delete" : "add"](this.focused);
    this.draw();
  },

  move(by) {
    const question = this.question(this.focused);
    if (by > 0 && question && ticksGoOn(question) && this.lacksCause(question) && this.causeOf !== question.code && !this.isOnItsWay(question)) {
      this.causeOf = question.code; // once: the next press goes on without a cause
      this.draw();
      return;
    }
    const codes = this.asked.map((item) => item.code);
    const at = codes.indexOf(this.focused);
    this.causeOf = null;
    this.focus(codes[Math.max(0, Math.min(codes.length - 1, at + by))] ?? null);
  },

  // With the mouse only the frame moves: the button under it must stay until the click is over.
  focus(code, isKey = true) {
    if (code !== this.focused) {
      const question = this.question(code);
      this.causeOf = question && this.asksAtOnce(question) ? code : null;
      this.focused = code;
    }
    this.draw();
    if (isKey) this.box.querySelector(`[data-question="${code}"]`)?.scrollIntoView({ block: "nearest" });
  },
});
