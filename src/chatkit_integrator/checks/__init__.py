"""One claim per file; the judge is not the party: nothing here imports a framework or a template."""
