//! Plays one step: sends the request, watches what happens, shows it, judges it.

use std::time::Instant;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::Value;

use super::screen::Screen;
use crate::rows::{Change, Snapshot};
use crate::{Answer, Client, Helpdesk, Statement, Statements};

/// One step of the cycle.
#[derive(Debug)]
pub(super) struct Step {
    /// In a word or two.
    pub(super) title: &'static str,
    /// What the client wants with it.
    pub(super) why: &'static str,
    /// HTTP method.
    pub(super) method: Method,
    /// Path below the base URL, readable.
    pub(super) path: String,
    /// Body.
    pub(super) body: Option<Value>,
    /// The statuses that are right.
    pub(super) statuses: &'static [u16],
}

/// What a step's judge gets to see.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// The answer.
    pub(super) answer: &'a Answer,
    /// The tables afterwards.
    pub(super) after: &'a Snapshot,
    /// The rows that changed.
    pub(super) changes: &'a [Change],
    /// The statements that were run.
    pub(super) statements: &'a [Statement],
}

impl Seen<'_> {
    /// Nothing may have been written.
    pub(super) fn nothing_written(&self) -> Result<()> {
        ensure!(self.changes.is_empty(), "rows changed");
        ensure!(!self.statements.iter().any(Statement::writes), "a statement wrote");
        Ok(())
    }

    /// A row of `table` has these values.
    pub(super) fn row(&self, table: &str, key: (&str, &str), cells: &[(&str, Option<&str>)]) -> Result<()> {
        let row = self.after.find(table, key.0, key.1);
        let row = row.ok_or_else(|| anyhow::anyhow!("no row in {table} with {} = {}", key.0, key.1))?;
        for (column, want) in cells {
            let is = row.get(column).map(str::trim_end);
            ensure!(is == *want, "{table}.{column} is {is:?}, not {want:?}");
        }
        Ok(())
    }
}

/// Where steps are played.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    client: &'a Client,
    helpdesk: &'a Helpdesk,
    statements: &'a Statements,
    screen: &'a mut Screen,
    played: usize,
    failed: usize,
}

impl<'a> Stage<'a> {
    /// A stage with nothing played yet.
    pub(super) fn new(
        client: &'a Client,
        helpdesk: &'a Helpdesk,
        statements: &'a Statements,
        screen: &'a mut Screen,
    ) -> Self {
        Self { client, helpdesk, statements, screen, played: 0, failed: 0 }
    }

    /// The application's database.
    pub(super) fn helpdesk(&self) -> &Helpdesk {
        self.helpdesk
    }

    /// Plays a step as number so-and-so of `of`. A step that goes wrong is shown and
    /// counted; the cycle goes on.
    ///
    /// # Errors
    /// When no answer came at all, or the tables could not be read.
    pub(super) async fn play(
        &mut self,
        of: usize,
        step: Step,
        judge: impl FnOnce(&Seen<'_>) -> Result<()>,
    ) -> Result<Answer> {
        self.played += 1;
        self.screen.title(self.played, of, step.title, step.why)?;
        self.screen.request(step.method.as_str(), &step.path, step.body.as_ref())?;

        let before = self.helpdesk.rows().await?;
        self.statements.take();
        let start = Instant::now();
        let answer = self.client.send(step.method.clone(), &step.path, step.body.as_ref()).await?;
        let took_ms = start.elapsed().as_secs_f64() * 1000.0;
        let statements = self.statements.take();
        let after = self.helpdesk.rows().await?;

        let changes = before.changes(&after);
        self.screen.statements(&statements)?;
        let audited = after.rows("audit_log").len().saturating_sub(before.rows("audit_log").len());
        self.screen.rows(&changes, audited)?;
        let verdict = if step.statuses.contains(&answer.status) {
            judge(&Seen { answer: &answer, after: &after, changes: &changes, statements: &statements })
        } else {
            Err(anyhow::anyhow!("the status should be {:?}", step.statuses))
        };
        let reason = verdict.err().map(|error| format!("{error:#}"));
        self.failed += usize::from(reason.is_some());
        self.screen.outcome(&answer, took_ms, reason.as_deref().map_or(Ok(()), Err))?;
        Ok(answer)
    }

    /// Ends the cycle and returns how many steps went wrong.
    pub(super) fn end(self) -> Result<usize> {
        self.screen.total(self.played, self.failed)?;
        Ok(self.failed)
    }
}
