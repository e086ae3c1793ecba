"""The pages of tracekit: server-rendered, local, and readable without JavaScript."""
