INSERT INTO replies (key, reply) VALUES (:key, :reply) ON CONFLICT (key) DO UPDATE SET reply = excluded.reply
