SELECT greatest(last, (SELECT max(seq) FROM internal.spans)) FROM internal.numbers;
