"""A stand-in for the ``<openai-chatkit>`` element, whose real script is served from a CDN only.

It speaks the same contract to the page (options, methods, events) and the same protocol to the server, in an open shadow root.
It proves wiring; it does not prove OpenAI's rendering, domain verification or content policies.
"""

from importlib.resources import files


def element_script() -> str:
    """The script, to be served in the place of chatkit.js."""
    return (files(__name__) / "openai-chatkit.js").read_text(encoding="utf-8")
