// A play button for a quote: plays only these seconds, loads nothing before it is pressed.
const clips = new WeakMap();
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

export default function (component) {
  const { data, parentElement } = component;
  let clip = clips.get(parentElement);
  if (!clip) {
    const box = document.createElement("div");
    box.className = "qcw";
    const button = document.createElement("button");
    button.type = "button";
    box.append(button);
    parentElement.append(box);
    clip = { box, button, audio: null, reported: false, data };
    clips.set(parentElement, clip);
    clip.stop = (event) => { if (event.detail !== clip) clip.audio?.pause(); };
    window.addEventListener("qcw-play", clip.stop);
    button.addEventListener("click", () => {
      if (!clip.audio) {
        clip.audio = new Audio(clip.data.url);
        clip.audio.addEventListener("timeupdate", () => {
          if (clip.audio.currentTime >= clip.data.end) clip.audio.pause();
        });
        for (const name of ["play", "pause"]) clip.audio.addEventListener(name, () => show(clip));
      }
      if (!clip.audio.paused) { clip.audio.pause(); return; }
      window.dispatchEvent(new CustomEvent("qcw-play", { detail: clip }));
      clip.audio.currentTime = clip.data.start;
      clip.audio.play().catch(() => { button.disabled = true; });
      if (!clip.reported && clip.data.played_url) {
        clip.reported = true;
        fetch(clip.data.played_url, { method: "POST" }).catch(() => { clip.reported = false; });
      }
    });
  }
  clearTimeout(clip.leaving);
  clip.data = data;
  show(clip);
  return () => {
    clip.leaving = setTimeout(() => {
      clip.audio?.pause();
      window.removeEventListener("qcw-play", clip.stop);
      clip.box.remove();
      clips.delete(parentElement);
    }, 400);
  };
}

function show(clip) {
  const { data, button, audio } = clip;
  const playing = audio && !audio.paused;
  const when = data.brief ? clock(data.said) : `${clock(data.start)}–${clock(data.end)}`;
  const idle = data.brief ? `${data.labels.clip_from} ${when}` : data.labels.play;
  button.textContent = `${playing ? "❚❚" : "▶"} ${when}`;
  const said = playing ? data.labels.pause : idle;
  button.setAttribute("aria-label", said.includes(when) ? said : `${said} ${when}`); // with what is seen on it
  button.title = playing ? data.labels.pause : idle;
  button.disabled = !data.url;
}
