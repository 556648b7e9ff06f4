// Keys by their place on the keyboard (event.code): the same in the Russian and the English layout. "?" is where the layout has it, too.
// Digits, N, P, S, A, O, M, X, Z, H, Enter, Backspace and Delete are left to the form beside the player.
const keysOf = (player) => {
  const { sound, wave, words, comments } = player;
  const by = (seconds) => () => player.seek(sound.audio.currentTime + seconds);
  const louder = (party, step) => () => sound.parties() && sound.volume(party, sound.volumes[party] + step);
  const range = (side) => () => {
    const now = sound.audio.currentTime;
    const old = sound.range;
    if (side === "start") player.rangeIs(now, old && old.end > now ? old.end : player.duration, true);
    else player.rangeIs(old && old.start < now ? old.start : 0, now, true);
  };
  return {
    Space: () => sound.toggle(),
    KeyK: () => sound.toggle(),
    KeyJ: by(-STEP_S),
    KeyL: by(STEP_S),
    ArrowLeft: by(-STEP_S),
    ArrowRight: by(STEP_S),
    "Shift+ArrowLeft": by(-SMALL_STEP_S),
    "Shift+ArrowRight": by(SMALL_STEP_S),
    Comma: () => sound.speedStep(-1),
    Period: () => sound.speedStep(1),
    KeyQ: () => sound.toggleSkips(),
    BracketLeft: range("start"),
    BracketRight: range("end"),
    KeyR: () => sound.toggleLoop(),
    KeyV: () => sound.nextChannel(),
    KeyE: louder("agent", VOLUME_STEP),
    KeyD: louder("agent", -VOLUME_STEP),
    KeyT: louder("customer", VOLUME_STEP),
    KeyG: louder("customer", -VOLUME_STEP),
    Equal: () => wave.zoom(ZOOM_STEP),
    NumpadAdd: () => wave.zoom(ZOOM_STEP),
    Minus: () => wave.zoom(1 / ZOOM_STEP),
    NumpadSubtract: () => wave.zoom(1 / ZOOM_STEP),
    KeyW: () => wave.zoom(0),
    KeyF: () => player.toMark(1),
    "Shift+KeyF": () => player.toMark(-1),
    KeyC: () => comments.open(),
    KeyU: () => comments.undoLast(),
    Slash: () => words.focusSearch(),
    "Shift+Slash": () => player.showKeys(),
    Escape: () => player.rangeIs(0, 0, true),
  };
};

// Whether a key pressed here is meant for the player.
function isForPlayer(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !player.box.isConnected) return false;
  const active = window.__qcwActive;
  if (active && active !== player && active.box.isConnected) return false;
  const path = event.composedPath();
  const target = path[0];
  const tag = target.tagName || "";
  if (target.isContentEditable || /^(TEXTAREA|SELECT|OPTION)$/.test(tag)) return false;
  const inside = path.includes(player.box);
  if (tag === "INPUT" && !(inside && target.type === "range" && !event.code.startsWith("Arrow"))) return false;
  if (/^(BUTTON|A|SUMMARY)$/.test(tag) && (event.code === "Space" || event.code === "Enter") && !(inside && target === player.play)) return false;
  if (path.some((node) => node.tagName === "DIALOG" && node.open)) return false;
  const taken = "[role=listbox],[role=radiogroup],[role=tablist],[role=grid],[role=dialog]";
  return inside || !target.closest?.(taken) || /^(Key|Comma|Period|Bracket|Slash|Equal|Minus)/.test(event.code);
}

// Caught on the way down and stopped there: Streamlit has meanings of its own for R and C.
function onKey(player, event) {
  if (!isForPlayer(player, event)) return;
  if (player.box.inert) { // on the way to the next call
    if (coming && (event.code === "Space" || event.code === "KeyK")) {
      coming.plays = !coming.plays;
      event.preventDefault();
      event.stopPropagation();
    }
    return;
  }
  const actions = keysOf(player);
  const action = event.key === "?" ? actions["Shift+Slash"] : actions[(event.shiftKey ? "Shift+" : "") + event.code] ?? (event.shiftKey && !event.code.startsWith("Equal") ? null : actions[event.code]);
  if (!action || (event.code === "Escape" && !player.sound.range)) return;
  event.preventDefault();
  event.stopPropagation();
  action();
  player.tick();
}

function keysDialog(player) {
  const { labels, keys } = player.data;
  const dialog = make("dialog", "keysheet");
  dialog.setAttribute("aria-label", labels.keys_title);
  dialog.tabIndex = -1; // a click on its words keeps the keys within it
  const table = make("table");
  for (const [names, does] of keys) {
    const row = make("tr");
    const cell = make("td");
    for (const name of names) cell.append(make("kbd", "", name), " ");
    row.append(cell, make("td", "", does));
    table.append(row);
  }
  dialog.append(make("h2", "", labels.keys_title), table, make("div", "others"), makeButton("play", labels.close, labels.close, () => dialog.close()));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  return dialog;
}
