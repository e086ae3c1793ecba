-- The catalog's own list has a view as it was when it was made, until it is asked for the first time.
DESCRIBE /* view */ spans;
