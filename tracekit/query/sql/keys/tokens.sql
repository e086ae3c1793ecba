coalesce(input_tokens + output_tokens, input_tokens, output_tokens)
