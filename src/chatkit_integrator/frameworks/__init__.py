"""One folder a framework: detect, profile, transforms, templates. Frameworks know nothing of one another."""
