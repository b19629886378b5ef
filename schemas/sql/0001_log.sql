-- The log of one or more ledgers. Names of constraints are vocabulary: the code goes by them.
CREATE TABLE sijil.log (
    log_id integer CONSTRAINT log_id_is_unique PRIMARY KEY,
    name text NOT NULL CONSTRAINT log_name_is_unique UNIQUE,
    next bigint NOT NULL CONSTRAINT log_next_is_positive CHECK (next > 0),
    root bytea NOT NULL CONSTRAINT log_root_is_a_hash CHECK (octet_length(root) = 32),
    fence bigint NOT NULL
);
COMMENT ON TABLE sijil.log IS 'Where each log ends. An append changes its row first, if the row is still what the append rests on.';
COMMENT ON COLUMN sijil.log.log_id IS 'Short for name.';
COMMENT ON COLUMN sijil.log.name IS 'The name of the log; the address of a ledger ends in ?log=NAME.';
COMMENT ON COLUMN sijil.log.next IS 'The position the next record will have.';
COMMENT ON COLUMN sijil.log.root IS 'The root of RFC 6962 over the public bytes of all records: which history this is.';
COMMENT ON COLUMN sijil.log.fence IS 'Raised by a node that lost an answer: what it sent before can then no longer land.';

CREATE TABLE sijil.record (
    log_id integer NOT NULL,
    position bigint NOT NULL CONSTRAINT record_position_is_positive CHECK (position > 0),
    public bytea NOT NULL,
    personal bytea,
    CONSTRAINT log_position_is_unique PRIMARY KEY (log_id, position)
);
COMMENT ON TABLE sijil.record IS 'The records, one a row; never changed.';
COMMENT ON COLUMN sijil.record.log_id IS 'Whose log.';
COMMENT ON COLUMN sijil.record.position IS 'Where the record stands: 1, 2, 3 and so on, without gaps.';
COMMENT ON COLUMN sijil.record.public IS 'Header and canonical JSON, as hashed: byte for byte those of any other log.';
COMMENT ON COLUMN sijil.record.personal IS 'What the commitments in the public bytes hide; null if there is nothing.';
