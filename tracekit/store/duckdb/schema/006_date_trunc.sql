-- For times with a zone the engine asks that zone's calendar, row by row, which takes ten times as long as all the rest of a query
-- that groups by day. Here the zone is UTC, always, and its calendar is arithmetic.
CREATE MACRO date_trunc
    (part, moment) AS system.main.date_trunc(part, moment),
    (part, moment DATE) AS system.main.date_trunc(part, moment),
    (part, moment TIMESTAMP) AS system.main.date_trunc(part, moment),
    (part, moment TIMESTAMPTZ) AS CASE
        WHEN isfinite(moment)
            THEN make_timestamptz(epoch_us(system.main.date_trunc(part, make_timestamp(epoch_us(moment)))))
        ELSE moment
    END;
