-- Executions that are carried out later: jobs. Inputs, answers and addresses of callbacks are in the table sealed.

-- open: 1 while something is left to do, which is to carry the job out, or to call back.
-- due: when that may be done; while somebody does it, when its claim to do so ends.
-- claim: grows whenever the job is claimed or changes hands; who has an older number has no claim any more.
-- bytes: what the job counts for in job_load.
CREATE TABLE job (
    id {text} PRIMARY KEY,
    caller {text} NOT NULL,
    action_id {text} NOT NULL,
    flow {text} NOT NULL,
    flat BIGINT NOT NULL,
    state {text} NOT NULL,
    open BIGINT NOT NULL,
    due BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    created BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    started BIGINT,
    ended BIGINT,
    bytes BIGINT NOT NULL,
    callback {text} NOT NULL,
    callback_attempts BIGINT NOT NULL,
    callback_status BIGINT
);
CREATE INDEX job_to_carry_out ON job (due, id) WHERE open = 1 AND ended IS NULL;
CREATE INDEX job_to_tell ON job (due, id) WHERE open = 1 AND ended IS NOT NULL;
CREATE INDEX job_ended ON job (ended) WHERE open = 0;
CREATE INDEX job_by_caller ON job (caller, created);
CREATE INDEX job_by_time ON job (created);

-- What each caller's jobs take, and, under the caller '', what all of them do: jobs that haven't ended, and bytes.
CREATE TABLE job_load (
    caller {text} PRIMARY KEY,
    waiting BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);
