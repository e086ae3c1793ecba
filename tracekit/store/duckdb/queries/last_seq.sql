SELECT last FROM internal.numbers;
