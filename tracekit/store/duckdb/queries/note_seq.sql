UPDATE internal.numbers SET last = $last;
