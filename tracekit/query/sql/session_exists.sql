SELECT EXISTS (FROM traces WHERE session_id = $session_id) AS found;
