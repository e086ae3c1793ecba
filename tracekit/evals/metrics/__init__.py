"""The metrics of the package, a module a family. Heavy libraries are imported in the function that needs them."""
