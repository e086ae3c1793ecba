"""OTLP bodies and what they say. `decode` is the way in; `protobuf` and `jsonbody` know one encoding each. Pure."""
