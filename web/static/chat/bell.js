/* A sound at a reply, and a notification where a page of its own may show one: nothing before the citizen asks for it. */

const TONES = [[0, 660], [0.16, 880]]; // seconds from now, hertz
const LASTS = 0.3; // seconds

/** `button` turns it on and off; a page in a frame is let make sounds only. */
export function takeBell({ button, framed }) {
  let audio = null;

  function ring() {
    for (const [after, pitch] of TONES) {
      const from = audio.currentTime + after;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, from);
      volume.gain.exponentialRampToValueAtTime(0.001, from + LASTS);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + LASTS);
    }
  }

  button.addEventListener("click", () => {
    if (audio) {
      audio.close();
      audio = null;
    } else {
      audio = new AudioContext();
      ring(); // so that it is known what to listen for
      if (!framed) globalThis.Notification?.requestPermission();
    }
    button.setAttribute("aria-pressed", String(Boolean(audio)));
  });

  return {
    /** Tells of a reply; `title` says nothing of what it says, as anybody may see it. */
    tell(title) {
      if (!audio || document.hasFocus()) return;
      ring();
      if (framed || globalThis.Notification?.permission !== "granted") return;
      try {
        new Notification(title, { tag: "linea-diretta" });
      } catch {
        // phones allow it to service workers only: the sound has to do
      }
    },
  };
}
