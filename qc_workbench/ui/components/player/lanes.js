// What lies under the waveform: heard seconds, who was on the line, evidence, comments; and the summary above it.
const place = (node, start, end, duration) => {
  node.style.left = `${(start / duration) * 100}%`;
  node.style.width = `${(Math.max(end - start, 0.2) / duration) * 100}%`;
};

// About: a letter of a mark's words, a lane.
const LETTER_PX = 6;
const LANE_PX = 600;

class Lanes {
  constructor(player) {
    this.player = player;
  }

  // How much of the call was conversation, and what the rest was.
  summary() {
    const { line, labels } = this.player.data;
    if (!line) return [];
    const row = make("div", "summary");
    const words = make("strong", "", line.summary);
    words.title = labels.conversation_help;
    const mix = make("div", "mix");
    mix.setAttribute("aria-hidden", "true"); // the legend says the same in words
    const legend = make("ul", "legend");
    for (const [kind, label, seconds, length] of line.kinds) {
      const part = make("i", `k-${kind}`);
      part.style.flexGrow = seconds;
      part.title = `${label} ${length}`;
      mix.append(part);
      const entry = make("li");
      entry.append(make("i", `k-${kind}`), `${label} ${length}`);
      legend.append(entry);
    }
    row.append(words, mix);
    return [row, legend];
  }

  stage() {
    const { player } = this;
    const { channels, bands } = player.data;
    const stage = make("div", "stage");
    const names = make("div", "names");
    for (const channel of channels) names.append(make("span", channel.party, channel.label));
    names.append(make("small"));
    stage.append(make("span"), player.wave.overview, names, player.wave.box);
    this.heardBox = make("div", "heardline");
    this.heardBox.setAttribute("role", "img");
    this.quietBox = make("div", "quietline");
    const heard = make("div");
    heard.append(this.heardBox, this.quietBox);
    this.row(stage, "", heard);
    for (const stretch of player.quiet) {
      const part = make("i");
      place(part, stretch.start, stretch.end, player.duration);
      this.quietBox.append(part);
    }
    this.strips(stage);
    for (const side of ["against", "for", "promise"])
      this.lane(stage, player.data.labels[side], bands.filter((band) => band.side === side).map((band) => ({
        ...band, kind: side, text: band.quote ? `${band.label}: ${band.quote}` : band.label,
      })));
    this.notes = make("div", "lanes");
    stage.append(this.notes);
    return stage;
  }

  // A name and, in a frame that cuts it off, a rail that is as wide as the zoomed waveform.
  row(stage, name, content) {
    const frame = make("div", "frame");
    const rail = make("div", "rail");
    rail.append(content);
    frame.append(rail);
    stage.append(make("span", "lanelabel", name), frame);
    this.player.wave.rails.push(rail);
    return rail;
  }

  // A strip a channel: who or what was on the line. Speech outside the conversation is drawn low.
  strips(stage) {
    const { line, channels, labels } = this.player.data;
    if (!line) return;
    const box = make("div", "strips");
    const duration = this.player.duration;
    channels.forEach((channel, index) => {
      const strip = make("div", "strip");
      for (const [where, start, end, kind, live, label] of line.segments) {
        if (where !== index) continue;
        const low = !live && ["agent", "customer", "person"].includes(kind);
        const part = make("i", `k-${kind}${low ? " low" : ""}`);
        part.style.left = `${(start / duration) * 100}%`;
        part.style.width = `${((end - start) / duration) * 100}%`;
        part.title = `${channel.label}: ${label} ${clock(start)}–${clock(end)}`;
        strip.append(part);
      }
      box.append(strip);
    });
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", line.kinds.map(([, label, , length]) => `${label} ${length}`).join(", "));
    this.row(stage, labels.on_the_line, box);
  }

  // Marks that would lie on each other get rows of their own.
  lane(stage, name, items) {
    if (!items.length) return;
    const { player } = this;
    const lane = make("div", "lane");
    const part = (seconds) => `${(seconds / player.duration) * 100}%`;
    const ends = [];
    const last = []; // of each row
    for (const item of [...items].sort((a, b) => a.start - b.start)) {
      let row = ends.findIndex((end) => end <= item.start);
      if (row < 0) row = ends.length < 4 ? ends.push(0) - 1 : ends.indexOf(Math.min(...ends));
      const share = item.kind === "note" ? 0.06 : Math.max(0.06, (item.label.length * LETTER_PX + 12) / LANE_PX); // comments are listed below, whole
      ends[row] = Math.max(item.end, item.start + player.duration * share);
      const node = makeButton(`band ${item.kind}`, item.label, `${clock(item.start)}–${clock(item.end)} ${item.text}`,
        item.action ?? (() => player.sound.playClip(item.start, item.end)));
      place(node, item.start, item.end, player.duration);
      node.style.left = `min(${part(item.start)}, calc(100% - min(6%, 60px)))`; // its least width
      node.style.top = `${row * 23}px`;
      // Its words go on into what is free behind it: how long it is stands on the waveform.
      Object.assign(node.style, { minWidth: `max(${node.style.width}, min(6%, 60px))`, width: "max-content", maxWidth: part(player.duration - item.start) });
      if (last[row]) last[row].node.style.maxWidth = `calc(${part(item.start - last[row].start)} - 3px)`;
      last[row] = { node, start: item.start };
      lane.append(node);
    }
    lane.style.height = `${ends.length * 23}px`;
    this.row(stage, name, lane);
  }

  // Comments come and go without the rest being drawn again.
  comments(items) {
    const { wave, data } = this.player;
    wave.rails = wave.rails.filter((rail) => !this.notes.contains(rail));
    this.notes.replaceChildren();
    this.lane(this.notes, data.labels.comments, items);
    wave.was = "";
    wave.follow();
  }

  heard(ranges, seconds) {
    const { duration, data, heardText } = this.player;
    const nodes = ranges.map(([start, end]) => {
      const part = make("i");
      place(part, start, Math.min(end, duration), duration);
      return part;
    });
    this.heardBox.replaceChildren(...nodes);
    const percent = Math.min(100, Math.round((seconds / duration) * 100));
    heardText.textContent = `${data.labels.heard} ${percent}${data.labels.percent}`;
    this.heardBox.setAttribute("aria-label", heardText.textContent);
  }
}
