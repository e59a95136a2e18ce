import styles from "./chatkit.module.css";
import { usePreferences } from "./preferences";

const CHOICES = {
  tone: ["", "Friendly", "Formal", "Playful"],
  level: ["", "Beginner", "Intermediate", "Expert"],
};

/** How the assistant shall answer, and what it may know. */
export function PreferencesMenu() {
  const [preferences, change] = usePreferences();
  return (
    <form className={styles.menu} aria-label="Preferences" onSubmit={(event) => event.preventDefault()}>
      {(["tone", "level"] as const).map((name) => (
        <label key={name}>
          {name === "tone" ? "Tone" : "Level"}
          <select value={preferences[name]} onChange={(event) => change({ [name]: event.target.value })}>
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
          value={preferences.language}
          maxLength={40}
          placeholder="The one I write in"
          onChange={(event) => change({ language: event.target.value })}
        />
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={preferences.sharePage}
          onChange={(event) => change({ sharePage: event.target.checked })}
        />
        The assistant may see which page I am on
      </label>
    </form>
  );
}
