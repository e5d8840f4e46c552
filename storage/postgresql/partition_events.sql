-- 事件按月分区: makes of `events` a table partitioned by month, all rows kept, or adds the partitions of the months to come.
-- See docs/operations.md. Run it as the owner of the tables, with the programs stopped the first time:
--     psql --single-transaction -v ON_ERROR_STOP=1 -f partition_events.sql "$HOTLINE_DATABASE_URL"
-- It may be run again at any time: what is there is left alone, and partitions for the coming twelve months are made.
-- The chain numbers the events without a gap under the lock of event_head, so that a number is unique though the database,
-- which can only check keys that hold the partition's column, checks it together with the time.

CREATE OR REPLACE FUNCTION event_partitions(first date, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    month date := date_trunc('month', first)::date;
    part text;
    made integer := 0;
BEGIN
    FOR step IN 1..months LOOP
        part := 'events_' || to_char(month, 'YYYY_MM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', part,
                           month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            -- The parent's triggers hold for rows; nobody may empty a partition behind its back either.
            EXECUTE format('CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()', part);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

DO $$
DECLARE
    first date;
    months integer;
BEGIN
    PERFORM pg_advisory_xact_lock(74565);  -- nobody migrates meanwhile
    IF (SELECT relkind FROM pg_class WHERE oid = 'events'::regclass) = 'p' THEN
        -- Rows of months that had no partition went to the default one; a month they lie in cannot be cut out any more.
        PERFORM event_partitions(greatest(now()::date, (SELECT max(at) FROM events_default)::date + 31), 13);
        RETURN;
    END IF;
    LOCK TABLE event_head, events IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE events RENAME TO events_before;
    ALTER TABLE events_before RENAME CONSTRAINT pk_events TO pk_events_before;
    ALTER INDEX ix_events_work_order RENAME TO ix_events_before_work_order;
    ALTER INDEX ix_events_work_order_name RENAME TO ix_events_before_work_order_name;
    ALTER INDEX ix_events_name RENAME TO ix_events_before_name;
    CREATE TABLE events (LIKE events_before INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY RANGE (at);
    CREATE TABLE events_default PARTITION OF events DEFAULT;
    SELECT coalesce(min(at), now())::date, (extract(year FROM age(now(), coalesce(min(at), now()))) * 12
           + extract(month FROM age(now(), coalesce(min(at), now()))) + 14)::integer INTO first, months FROM events_before;
    PERFORM event_partitions(first, months);
    INSERT INTO events SELECT * FROM events_before;
    IF (SELECT count(*) FROM events) <> (SELECT count(*) FROM events_before) THEN
        RAISE EXCEPTION 'not every event was copied';
    END IF;
    ALTER TABLE events ADD CONSTRAINT pk_events PRIMARY KEY (sequence, at);
    CREATE INDEX ix_events_work_order ON events (work_order_id, sequence);
    CREATE INDEX ix_events_work_order_name ON events (work_order_id, name);
    CREATE INDEX ix_events_name ON events (name, at);
    CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
    CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
    CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events_default FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
    DROP TABLE events_before;
END $$;

ANALYZE events;
