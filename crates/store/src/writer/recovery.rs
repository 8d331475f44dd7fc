//! What the writer does after a failure, and until what was shredded is gone from the write-ahead log.

use std::sync::Arc;
use std::time::Instant;

use sqlx::{Connection as _, SqliteConnection};

use super::{Rejection, Sound, Writer};
use crate::database;
use crate::error::{Error, Fault};
use crate::head::{Head, signed};
use crate::open::State;
use crate::script::Script;
use crate::tree::root_at;

impl Writer {
    /// Ends the transaction. A refused record leaves the database as it was; after anything else nothing in memory is
    /// believed.
    pub(super) async fn undo(&mut self, rejection: &Rejection) {
        let refused = matches!(
            rejection,
            Rejection::Stale | Rejection::Fault(Fault::Constraint)
        );
        if let Some(sound) = self.sound.as_mut().filter(|_| refused)
            && database::roll_back(&mut sound.connection).await
        {
            return;
        }
        self.forget_state().await;
    }

    /// Tells a record that repeats an id from a log that another process has moved on: that one takes the next index, too.
    pub(super) async fn explain(&mut self, rejection: Rejection) -> Rejection {
        if !matches!(rejection, Rejection::Fault(Fault::Constraint)) {
            return rejection;
        }
        let Some(sound) = self.sound.as_mut() else {
            return Rejection::Fault(Fault::Lost);
        };
        let query = sqlx::query_scalar("SELECT size FROM head");
        let stored: Result<i64, sqlx::Error> = query.fetch_one(&mut sound.connection).await;
        match stored {
            Ok(size) if size == signed(sound.state.head.size) => rejection,
            Ok(_) => {
                self.forget_state().await;
                Rejection::Fault(Fault::Foreign)
            }
            Err(error) => Rejection::Fault(Fault::from(&error)),
        }
    }

    /// Gives the connection up; the state is read anew before the next commit.
    async fn forget_state(&mut self) {
        if let Some(mut sound) = self.sound.take() {
            // Without an open transaction this fails, which is as good.
            let _ = sqlx::query("ROLLBACK").execute(&mut sound.connection).await;
            let _ = sound.connection.close().await;
        }
    }

    /// Reads the state from the database again if the last commit failed.
    pub(super) async fn make_sound(&mut self) -> Result<(), Fault> {
        if self.sound.is_none() {
            self.sound = Some(self.read_again().await.map_err(|error| match error {
                Error::Database(fault) => fault,
                error => {
                    tracing::error!(%error, "the store does not fit together any more");
                    Fault::Corrupt
                }
            })?);
        }
        Ok(())
    }

    async fn read_again(&self) -> Result<Sound, Error> {
        let shared = &self.shared;
        let mut connection =
            database::connect_writer(&shared.directory, &shared.options.tuning).await?;
        shared.note_files().map_err(Error::Database)?;
        let state = State::load(
            &mut connection,
            &shared.keyring,
            shared.signer.verifier_key(),
        )
        .await?;
        refuse_older(&mut connection, &state, &shared.committed()?.head).await?;
        Ok(Sound {
            connection,
            state: Arc::new(state),
        })
    }

    /// Tries to write after a failure, and to clear the write-ahead log after a shredding.
    pub(super) async fn repair(&mut self) {
        if self.shared.fault().is_some() {
            let outcome = self.try_write().await;
            self.shared.set_fault(outcome.err());
        }
        self.truncate_log().await;
    }

    /// Writes a row as it is: the smallest thing that proves a commit works.
    async fn try_write(&mut self) -> Result<(), Fault> {
        self.make_sound().await?;
        self.shared.check_files()?;
        let Some(sound) = self.sound.as_mut() else {
            return Err(Fault::Lost);
        };
        let mut script = Script::default();
        script.statement("UPDATE head SET size = size");
        let outcome = script.commit(&mut sound.connection, false).await;
        if outcome.is_err() {
            self.forget_state().await;
        }
        outcome
    }

    /// Empties the write-ahead log, where old pages may still hold what was shredded. A reader may stand in the way;
    /// then it is tried again, but not before every commit.
    pub(super) async fn truncate_log(&mut self) {
        let tuning = &self.shared.options.tuning;
        let (Some(sound), Some(truncation)) = (self.sound.as_mut(), self.truncate.as_mut()) else {
            return;
        };
        if truncation
            .0
            .is_some_and(|last| last.elapsed() < tuning.retry_interval)
        {
            return;
        }
        truncation.0 = Some(Instant::now());
        if database::truncate_log(&mut sound.connection, tuning.busy_timeout).await {
            self.truncate = None;
            self.checkpointer.emptied();
        }
    }
}

/// What was acknowledged must be in what was read: the log that this process has published may have grown, never shrunk
/// or forked.
async fn refuse_older(
    connection: &mut SqliteConnection,
    read: &State,
    acknowledged: &Head,
) -> Result<(), Error> {
    let (known, now) = (acknowledged.size, read.head.size);
    if known <= now && root_at(connection, known, now).await? == acknowledged.root {
        return Ok(());
    }
    Err(Error::Damaged(
        "the log on disk does not hold what was acknowledged".into(),
    ))
}
