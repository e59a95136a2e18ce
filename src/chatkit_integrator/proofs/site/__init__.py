"""A site as a person meets it: in a real browser, with the stand-in where ``<openai-chatkit>`` comes from its CDN.

``tap`` stands in front of the backend (or in its place) and keeps what arrives; ``visiting`` opens pages and the chat on them;
every other module here is one behaviour, judged from what was seen. Nothing is concluded from silence: where a thing that must
work first did not work, the answer is ``Unknown``.
"""
