-- Who goes by which phone number, e-mail address and user name, as `identity` says.
--
-- Facts about people, not about money: apart from the ledger, so that they can change and be forgotten. Whoever reads
-- them finds a wallet; what is done with it is signed, and no lane ever looks here.

CREATE SCHEMA directory;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wallet_directory') THEN
        CREATE ROLE wallet_directory NOLOGIN;
    END IF;
END
$$;

-- What was said of each person last. One who is gone keeps a row without anything personal, so that an older event
-- that comes late does not bring the person back.
CREATE TABLE directory.people (
    id uuid PRIMARY KEY,
    -- When `identity` says that it became so, which is not when it was told.
    changed_at timestamptz NOT NULL,
    is_gone boolean NOT NULL,
    name text CHECK (octet_length(name) BETWEEN 1 AND 128),
    phone text,
    email text,
    username text,
    CONSTRAINT somebody_has_a_name CHECK (is_gone = (name IS NULL)),
    CONSTRAINT nobody_goes_by_nothing
        CHECK (NOT is_gone OR (phone IS NULL AND email IS NULL AND username IS NULL))
);

-- Whose each handle is: of all who were ever said to go by it, the one of whom that was said last. One person at a
-- time, by the primary key, and the same one in whatever order the events come. A person goes by a handle as long as
-- both rows say so: this one says since when nobody else does.
CREATE TABLE directory.handles (
    -- 1 phone, 2 e-mail, 3 user name; in the one form in which they are compared.
    kind smallint NOT NULL,
    value text NOT NULL,
    -- Null once the person is gone.
    person_id uuid REFERENCES directory.people,
    said_at timestamptz NOT NULL,
    PRIMARY KEY (kind, value),
    CONSTRAINT form_fits_kind CHECK (
        CASE kind
            WHEN 1 THEN value ~ '^\+[1-9][0-9]{6,14}$'
            WHEN 2 THEN octet_length(value) <= 254 AND value ~ '^[^@A-Z[:space:]]+@[^@A-Z[:space:]]+$'
            WHEN 3 THEN value ~ '^[a-z0-9._-]{3,32}$'
            ELSE false
        END
    )
);
CREATE INDEX handles_by_person ON directory.handles (person_id) WHERE person_id IS NOT NULL;

-- Takes in what `identity` says of one person as of a time. Answers whether it is news of that person; what is older
-- than what is known, or known already, changes nothing but the age of a handle.
CREATE FUNCTION directory.learn(
    person uuid, said timestamptz, gone boolean, new_name text, new_phone text, new_email text, new_username text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    is_news boolean;
BEGIN
    -- One event at a time: two people who exchange their numbers would wait for each other.
    PERFORM pg_advisory_xact_lock(7305122);
    INSERT INTO directory.people AS known (id, changed_at, is_gone, name, phone, email, username)
    VALUES (person, said, gone, new_name, new_phone, new_email, new_username)
    ON CONFLICT (id) DO UPDATE SET
        changed_at = excluded.changed_at, is_gone = excluded.is_gone, name = excluded.name, phone = excluded.phone,
        email = excluded.email, username = excluded.username
    WHERE known.changed_at < excluded.changed_at;
    is_news := FOUND;
    -- Of two people said to go by it at the same moment, either: but always the same one.
    INSERT INTO directory.handles AS known (kind, value, person_id, said_at)
    SELECT claim.kind, claim.value, person, said
    FROM (VALUES (1::smallint, new_phone), (2::smallint, new_email), (3::smallint, new_username)) AS claim (kind, value)
    WHERE claim.value IS NOT NULL
    ON CONFLICT (kind, value) DO UPDATE SET person_id = excluded.person_id, said_at = excluded.said_at
    WHERE (known.said_at, known.person_id) < (excluded.said_at, excluded.person_id);
    UPDATE directory.handles SET person_id = NULL
    FROM directory.people
    WHERE handles.person_id = person AND people.id = person AND people.is_gone;
    RETURN is_news;
END
$$;

REVOKE ALL ON SCHEMA directory FROM PUBLIC;
REVOKE ALL ON FUNCTION directory.learn(uuid, timestamptz, boolean, text, text, text, text) FROM PUBLIC;
-- Who writes may not look, and who looks may not write.
GRANT USAGE ON SCHEMA directory TO wallet_directory, wallet_reader;
GRANT EXECUTE ON FUNCTION directory.learn(uuid, timestamptz, boolean, text, text, text, text) TO wallet_directory;
GRANT SELECT ON directory.people, directory.handles TO wallet_reader;
