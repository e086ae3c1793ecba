"""The demo: a model server that speaks OpenAI's HTTP with answers written in advance, and a program that uses it.

The program (`session`) is ordinary code over the real `openai` client; `tracekit demo` runs it as a user would.
"""
