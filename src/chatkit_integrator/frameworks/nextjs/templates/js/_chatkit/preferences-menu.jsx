import styles from "./chatkit.module.css";

/** How the assistant shall answer, and what it may know. */
export function PreferencesMenu({ value, onChange }) {
  return (
    <form className={styles.menu} aria-label="Preferences" onSubmit={(event) => event.preventDefault()}>
      <label>
        Tone
        <select value={value.tone} onChange={(event) => onChange({ ...value, tone: event.target.value })}>
          <option value="">As it comes</option>
          <option value="friendly">Friendly</option>
          <option value="formal">Formal</option>
          <option value="playful">Playful</option>
        </select>
      </label>
      <label>
        Level
        <select value={value.level} onChange={(event) => onChange({ ...value, level: event.target.value })}>
          <option value="">Any</option>
          <option value="beginner">Beginner</option>
          <option value="intermediate">Intermediate</option>
          <option value="expert">Expert</option>
        </select>
      </label>
      <label>
        Language
        <input
          value={value.language}
          maxLength={40}
          placeholder="The language I write in"
          onChange={(event) => onChange({ ...value, language: event.target.value })}
        />
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={value.sharePage}
          onChange={(event) => onChange({ ...value, sharePage: event.target.checked })}
        />
        The assistant may see which page I am on
      </label>
    </form>
  );
}
