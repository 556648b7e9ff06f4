// The words: they follow the sound, a click goes to them, a search finds them.
const plain = (text) => text.toLocaleLowerCase().replaceAll("ё", "е");

class Words {
  constructor(player) {
    this.player = player;
    this.words = [];
    this.turns = [];
    this.lit = [];
    this.hits = [];
    this.hit = -1;
  }

  draw(query = "") {
    const { turns, labels, short } = this.player.data;
    const box = make("div", "words");
    this.list = make("div", short ? "turns short" : "turns");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "region");
    this.list.setAttribute("aria-label", labels.transcript);
    for (const turn of turns) this.list.append(this.turn(turn));
    this.words.sort((a, b) => a.start - b.start);
    this.turns.sort((a, b) => a.start - b.start);
    this.list.addEventListener("click", (event) => {
      const word = event.target.closest(".word");
      if (word) this.player.seek(Number(word.dataset.start));
      else if (event.target.closest(".at")) this.player.seek(Number(event.target.closest(".at").dataset.start));
    });
    if (!turns.length) {
      box.append(make("div", "turns empty", labels.no_transcript));
      return box;
    }
    box.append(this.searchLine(query), this.list);
    return box;
  }

  turn(turn) {
    const row = make("div", turn.suspect ? "turn suspect" : "turn");
    const time = make("button", "at", clock(turn.start));
    time.type = "button";
    time.dataset.start = turn.start;
    time.setAttribute("aria-label", `${this.player.data.labels.from_here} ${clock(turn.start)}`);
    const text = make("p");
    const words = [];
    let said = "";
    for (const [start, hundredths, word, unsure] of turn.words) {
      const node = make("span", unsure === 1 && !turn.suspect ? "word unsure" : "word", word);
      if (typeof unsure === "string") {
        node.classList.add("hidden-words");
        node.setAttribute("role", "img");
        node.setAttribute("aria-label", unsure);
        node.title = unsure;
      }
      node.dataset.start = start;
      words.push({ start, end: start + hundredths / 100, node, from: said.length, to: said.length + node.textContent.length });
      said += `${node.textContent} `;
      text.append(node, " ");
    }
    if (!words.length) { text.append(turn.text); said = turn.text; }
    if (turn.suspect) text.append(make("span", "why", turn.suspect));
    row.append(time, make("span", `who ${turn.party}`, turn.label), text);
    this.words.push(...words);
    this.turns.push({ start: turn.start, end: turn.end, node: row, said: plain(said), words });
    return row;
  }

  searchLine(query) {
    const { labels } = this.player.data;
    const line = make("div", "search");
    this.field = make("input");
    this.field.type = "search";
    this.field.placeholder = labels.search;
    this.field.setAttribute("aria-label", labels.search);
    this.field.value = query;
    this.count = make("span", "count");
    this.count.setAttribute("role", "status");
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { this.field.value = ""; this.search(); this.field.blur(); this.list.focus({ preventScroll: true }); }
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.playHit();
      else if (event.key === "Enter") this.nextHit(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    line.append(this.field, this.count,
      makeButton("", "↑", labels.previous_hit, () => this.nextHit(-1)), makeButton("", "↓", labels.next_hit, () => this.nextHit(1)));
    if (query) this.search();
    return line;
  }

  focusSearch() {
    this.field?.focus();
    this.field?.select();
  }

  search() {
    for (const hit of this.hits) for (const node of hit.nodes) node.classList.remove("hit", "this");
    const wanted = plain(this.field.value.trim()).replace(/\s+/g, " ");
    this.hits = [];
    this.hit = -1;
    if (wanted.length > 1)
      for (const turn of this.turns)
        for (let at = turn.said.indexOf(wanted); at >= 0; at = turn.said.indexOf(wanted, at + wanted.length)) {
          const words = turn.words.filter((word) => word.from < at + wanted.length && word.to > at);
          this.hits.push({ start: words[0]?.start ?? turn.start, nodes: words.length ? words.map((word) => word.node) : [turn.node] });
        }
    for (const hit of this.hits) for (const node of hit.nodes) node.classList.add("hit");
    this.showHit(begunBy(this.hits, this.player.sound.audio.currentTime - 0.01) % Math.max(1, this.hits.length));
  }

  nextHit(by) {
    if (this.hits.length) this.showHit((this.hit + by + this.hits.length) % this.hits.length);
  }

  showHit(index) {
    for (const node of this.hits[this.hit]?.nodes ?? []) node.classList.remove("this");
    this.hit = this.hits.length ? index : -1;
    const hit = this.hits[this.hit];
    for (const node of hit?.nodes ?? []) node.classList.add("this");
    if (hit) this.show(hit.nodes[0].closest(".turn"));
    const asked = this.field.value.trim().length > 1;
    this.count.textContent = asked ? `${this.hit + 1} / ${this.hits.length}` : "";
    this.count.classList.toggle("nothing", asked && !this.hits.length);
  }

  playHit() {
    const hit = this.hits[this.hit];
    if (!hit) return;
    this.player.seek(hit.start);
    this.player.sound.play();
  }

  // Into the list's own window only: the page stays where it is.
  show(row) {
    const view = this.list.getBoundingClientRect();
    const frame = row.getBoundingClientRect();
    if (frame.top < view.top || frame.bottom > view.bottom)
      this.list.scrollTop += frame.top - view.top - view.height / 3;
  }

  follow(now, playing) {
    const begun = now > 0 || playing;
    const current = begun ? this.at(this.turns, now, 8, (turn) => now < turn.end) : [];
    if (current.length !== this.lit.length || current.some((turn, index) => turn !== this.lit[index])) {
      for (const turn of this.lit) turn.node.classList.remove("now");
      for (const turn of current) turn.node.classList.add("now");
      this.lit = current;
      if (playing && current.length && !this.field?.matches(":focus")) this.show(current.at(-1).node);
    }
    const word = begun ? this.at(this.words, now + 0.02, 6, (item) => now < item.end + 0.05).at(-1) ?? null : null;
    if (word !== this.word) {
      this.word?.node.classList.remove("now");
      word?.node.classList.add("now");
      this.word = word;
    }
  }

  // Those of the few that began last which go on at `at`, in order.
  at(items, at, few, goesOn) {
    const begun = begunBy(items, at);
    return items.slice(Math.max(0, begun - few), begun).filter(goesOn);
  }
}
