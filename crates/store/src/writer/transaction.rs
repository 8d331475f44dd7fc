//! One batch as one transaction.

use std::sync::Arc;

use super::{Commit, Rejection, Sound};
use crate::error::{Error, Fault};
use crate::keyring::KeyMaking;
use crate::open::{Shared, State};
use crate::plan::{Plan, Planner, Unfit};
use crate::prepare::{First, Prepared};
use crate::rewrap;

/// Works out the commit of a batch. Records that cannot be part of it are answered and taken out.
pub(super) fn plan(shared: &Shared, state: &State, batch: &mut Vec<Commit>) -> Result<Plan, Error> {
    let mut planner = Planner::new(shared, state);
    let mut fit = Vec::with_capacity(batch.len());
    for mut commit in batch.drain(..) {
        let rejection = match planner.add(&mut commit.prepared) {
            Ok(()) => {
                fit.push(commit);
                continue;
            }
            Err(Unfit::Stale) => Rejection::Stale,
            Err(Unfit::Failed(error)) => Rejection::Failed(error),
        };
        let _ = commit.reply.send(Err(rejection));
    }
    *batch = fit;
    if let [
        Commit {
            prepared:
                Prepared {
                    first: Some(First::Rewrap(keys)),
                    ..
                },
            ..
        },
    ] = batch.as_slice()
    {
        planner.set_key_service(keys.id().as_str());
    }
    planner.finish()
}

impl Sound {
    /// Runs a plan's transaction.
    pub(super) async fn run(
        &mut self,
        shared: &Shared,
        batch: &[Commit],
        mut plan: Plan,
    ) -> Result<Plan, Rejection> {
        let first = match batch {
            [
                Commit {
                    prepared:
                        Prepared {
                            first: Some(first), ..
                        },
                    ..
                },
            ] => Some(first),
            _ => None,
        };
        if let Some(first) = first {
            self.run_first(shared, first).await?;
        }
        let script = plan.take_script();
        match script.commit(&mut self.connection, first.is_some()).await {
            Ok(()) => Ok(plan),
            Err(fault) => Err(Rejection::Fault(fault)),
        }
    }

    async fn run_first(&mut self, shared: &Shared, first: &First) -> Result<(), Rejection> {
        let fault = |error: sqlx::Error| Rejection::Fault(Fault::from(&error));
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut self.connection)
            .await
            .map_err(fault)?;
        match first {
            First::Expect {
                query,
                argument,
                count,
            } => {
                let query = sqlx::query_scalar(*query).bind(argument.clone());
                let counted: i64 = query.fetch_one(&mut self.connection).await.map_err(fault)?;
                if counted == *count {
                    Ok(())
                } else {
                    Err(Rejection::Stale)
                }
            }
            First::Rewrap(keys) => {
                let old = shared.keyring.service();
                let new = crate::keyring::Service {
                    keys: Arc::clone(keys),
                    epoch: old.epoch + 1,
                };
                let random = shared.options.random.as_ref();
                let making = KeyMaking {
                    tenant: &shared.options.tenant,
                    service: &new,
                    random,
                };
                rewrap::rewrap_all(&mut self.connection, &old, &making)
                    .await
                    .map_err(Rejection::Failed)
            }
        }
    }
}
