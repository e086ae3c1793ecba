cost_usd BETWEEN $low AND $high
