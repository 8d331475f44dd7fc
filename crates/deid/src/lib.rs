//! What is done with a finding: treatments, tokens, restoring, date shift.
