error_count::DOUBLE BETWEEN $low AND $high
