"""The viewer's endpoints, one noun a file."""
