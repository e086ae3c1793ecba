duration_ms BETWEEN $low AND $high
