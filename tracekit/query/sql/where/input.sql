input_tokens::DOUBLE BETWEEN $low AND $high
