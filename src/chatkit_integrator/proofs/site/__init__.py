"""A site as a person meets it: in a real browser, with the stand-in where ``<openai-chatkit>`` comes from its CDN.

``tap`` stands in front of the backend (or in its place) and keeps what arrives; ``visiting`` opens pages and the chat on them;
every other module here is one behaviour, judged from what was seen. Nothing is concluded from silence: where a thing that must
work first did not work, the answer is ``Unknown``.
"""

ITEMS = {
    "CK05": "Frontend adds authentication",
    "CK06": "Frontend adds context to request metadata",
    "CK07": "Script loading is detected before rendering",
    "CK08": "Sign-in is required before chat",
    "CK13": "httpOnly cookies go through a proxy",
    "CK14": "Script is beforeInteractive in the root head",
    "CK15": "A dedicated proxy reaches the exact path",
    "CK17": "Context travels with every message",
    "CK27": "chatkit.js is loaded",
}
"""The items that a running site shows by itself, and what they claim; of CK10 it shows the client's half."""
