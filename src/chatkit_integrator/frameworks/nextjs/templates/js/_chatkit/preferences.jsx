import styles from "./chatkit.module.css";
import { PROXY_PATH } from "./settings";

const DEFAULTS = { tone: "", level: "", language: "", sharePage: true };
const CHOICES = { tone: ["", "Friendly", "Formal", "Playful"], level: ["", "Beginner", "Intermediate", "Expert"] };

let unsaved = null;
let saving = Promise.resolve();

/** What the backend keeps for whoever is signed in, unless a newer choice is on its way there. */
export function preferencesFrom(kept) {
  return unsaved ?? { ...DEFAULTS, ...kept };
}

/** Has the newest choice kept, one request at a time, so that an earlier one never comes after it. */
function save(chosen) {
  unsaved = chosen;
  saving = saving.then(async () => {
    if (unsaved !== chosen) return;
    const init = { method: "PUT", body: JSON.stringify(chosen), keepalive: true };
    await fetch(PROXY_PATH, init).catch((error) => console.error("The preferences could not be kept:", error));
    if (unsaved === chosen) unsaved = null;
  });
  return chosen;
}

/** How the assistant shall answer, and what it may know. */
export function PreferencesMenu({ chosen, onChange }) {
  const change = (some) => onChange(save({ ...chosen, ...some }));
  return (
    <form className={styles.menu} aria-label="Preferences" onSubmit={(event) => event.preventDefault()}>
      {["tone", "level"].map((name) => (
        <label key={name}>
          {name === "tone" ? "Tone" : "Level"}
          <select value={chosen[name]} onChange={(event) => change({ [name]: event.target.value })}>
            {CHOICES[name].map((choice) => (
              <option key={choice} value={choice.toLowerCase()}>
                {choice || "As it comes"}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label>
        Language
        <input
          value={chosen.language}
          maxLength={40}
          placeholder="The one I write in"
          onChange={(event) => change({ language: event.target.value })}
        />
      </label>
      <label>
        The assistant may see which page I am on
        <input type="checkbox" checked={chosen.sharePage} onChange={(event) => change({ sharePage: event.target.checked })} />
      </label>
    </form>
  );
}
