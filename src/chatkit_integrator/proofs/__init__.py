"""What is seen rather than read: a recorded model, the wire protocol, a browser."""
