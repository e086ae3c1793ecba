"""OTLP bodies and what they say. Pure. `decode` is the way in, the others an encoding each."""
