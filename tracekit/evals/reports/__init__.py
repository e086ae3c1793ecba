"""What people and machines see of an evaluation: pure functions from outcomes to text, one module a form."""
