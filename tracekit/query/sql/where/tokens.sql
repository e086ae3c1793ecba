coalesce(input_tokens + output_tokens, input_tokens, output_tokens)::DOUBLE BETWEEN $low AND $high
