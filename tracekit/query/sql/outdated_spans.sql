SELECT count(*) FROM internal.spans WHERE derivation IS DISTINCT FROM $derivation
