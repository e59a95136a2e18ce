"""One folder a framework: detect, profile, transforms, templates."""
