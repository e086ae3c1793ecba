SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = 'traces' ORDER BY ALL LIMIT 3;
