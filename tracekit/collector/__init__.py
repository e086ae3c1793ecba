"""From bytes to rows: `receiver` makes a request durable before it answers, `ingest` reads journals into the store.

Everything enters through a journal, the receiver's own included, so there is one way into the store and not two.
"""
