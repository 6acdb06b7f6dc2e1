//! A connected app: a component with settings, bindings and limits.

mod connector;
mod plan;
mod retry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_capability::{Footprint, Scope, Usage, ldap, sql};
use patchbay_contract::{Context, Diagnostic, Error, ErrorKind, Severity};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::bindings::patchbay::connector::types as wit;
use crate::component::Component;
use crate::operation::Operation;
use crate::state::{Bindings, State};
use crate::{Limits, fault};

use plan::Plan;

/// Deadline for a call that names one beyond what the clock can say.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 3600);

/// What makes an app of a component.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Name of the app, for logs and scopes.
    pub app: Arc<str>,
    /// The connector's settings as JSON text.
    pub settings_json: String,
    /// SQL bindings by the name that the connector opens.
    pub sql: BTreeMap<String, Arc<sql::Binding>>,
    /// LDAP bindings, likewise.
    pub ldap: BTreeMap<String, Arc<ldap::Binding>>,
    /// Limits of the app's operations.
    pub limits: Limits,
}

/// A connected app. Implements [`patchbay_contract::Connector`].
///
/// Each operation runs in a store of its own. The only thing that lives longer is the
/// plan: what the connector's `prepare` worked out from the target's catalogue.
#[derive(Debug)]
pub struct App {
    component: Arc<Component>,
    name: Arc<str>,
    settings: String,
    bindings: Arc<Bindings>,
    limits: Limits,
    permits: Semaphore,
    plan: Plan,
}

/// The right to run an instance: the app's share first, so that nobody holds one of the
/// engine's places while queueing for the app.
type Permits<'a> = (SemaphorePermit<'a>, SemaphorePermit<'a>);

impl App {
    pub(crate) fn new(component: Arc<Component>, config: AppConfig) -> Self {
        let concurrency = usize::try_from(config.limits.concurrency).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            component,
            name: config.app,
            settings: config.settings_json,
            bindings: Arc::new(Bindings { sql: config.sql, ldap: config.ldap }),
            permits: Semaphore::new(concurrency),
            limits: config.limits,
            plan: Plan::default(),
        }
    }

    /// Name of the app.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The component it runs on.
    pub fn component(&self) -> &Arc<Component> {
        &self.component
    }

    /// Asks the connector whether its settings make sense, without touching the target.
    /// What is wrong comes with a JSON pointer into the settings where the connector
    /// gives one.
    pub async fn validate(&self, ctx: &Context) -> Result<(), Vec<Diagnostic>> {
        let call = Call::new(ctx);
        let init = async {
            let mut guest = self.component.start(self.state("init", &call, &Footprint::default())).await?;
            guest.init(&self.settings, None).await
        };
        match self.bounded(&call, init).await {
            Ok(outcome) => outcome,
            Err(error) => Err(vec![Diagnostic {
                severity: Severity::Error,
                summary: error.message,
                detail: error.internal,
                path: None,
            }]),
        }
    }

    /// Runs an operation with the app's plan, making one first if there is none. A plan
    /// that the target has outgrown is made anew, and the operation tried once more: unless the
    /// host has seen that it may have written something, of which there would then be two. Where
    /// the plan comes out the same, the configuration is at fault, and for a while nobody makes
    /// another one.
    async fn operate<O: Operation>(&self, ctx: &Context, operation: &O) -> Result<O::Output, Error> {
        if ctx.deadline.is_zero() {
            return Err(fault::deadline());
        }
        let call = Call::new(ctx);
        let plan = self.plan_unless(&call, None).await?;
        match self.run(&call, operation, Some(&plan)).await {
            (Err(error), footprint) if error.kind == ErrorKind::StalePlan && !footprint.may_have_written() => {
                tracing::info!(app = &*self.name, request_id = ctx.request_id, "the plan is stale, preparing anew");
                let fresh = self.plan_unless(&call, Some(&plan)).await?;
                if Arc::ptr_eq(&fresh, &plan) {
                    return Err(fault::misfit(error));
                }
                let (outcome, footprint) = self.run(&call, operation, Some(&fresh)).await;
                self.settled(outcome, &footprint, &fresh).map_err(|error| match error.kind {
                    ErrorKind::StalePlan if fresh == plan => fault::misfit(error),
                    _ => error,
                })
            }
            (outcome, footprint) => self.settled(outcome, &footprint, &plan),
        }
    }

    /// The outcome of an operation that is not run again. Where it wrote something and then found
    /// its plan stale, whoever asked learns that something may stand, and the next one gets
    /// another plan.
    fn settled<T>(&self, outcome: Result<T, Error>, footprint: &Footprint, plan: &Arc<[u8]>) -> Result<T, Error> {
        match outcome {
            Err(error) if error.kind == ErrorKind::StalePlan && footprint.may_have_written() => {
                self.plan.forget(plan);
                Err(fault::outgrown(error))
            }
            outcome => outcome,
        }
    }

    /// Runs an operation without a plan, so that it looks at settings and target afresh.
    async fn operate_afresh<O: Operation>(&self, ctx: &Context, operation: &O) -> Result<O::Output, Error> {
        self.run(&Call::new(ctx), operation, None).await.0
    }

    /// Runs an operation, and runs it again where it came to nothing through no fault of
    /// its own: it lost against other changes, or its connection broke before anything was
    /// committed. Bounded in number and by the deadline. Gives what the last run may have left
    /// at the target, too.
    async fn run<O: Operation>(
        &self,
        call: &Call<'_>,
        operation: &O,
        plan: Option<&[u8]>,
    ) -> (Result<O::Output, Error>, Footprint) {
        let mut run = 0;
        loop {
            let footprint = Footprint::default();
            let outcome = self.run_once(call, operation, plan, &footprint).await;
            let Err(error) = &outcome else { return (outcome, footprint) };
            let pause = retry::pause(run, retry::random());
            let time_left = call.deadline.saturating_duration_since(Instant::now());
            if run >= self.limits.retries || pause >= time_left || !retry::worthwhile(error, &footprint) {
                return (outcome, footprint);
            }
            run += 1;
            tracing::info!(
                app = &*self.name,
                request_id = call.ctx.request_id,
                operation = O::NAME,
                run,
                code = error.code,
                "nothing was done, trying again"
            );
            tokio::time::sleep(pause).await;
        }
    }

    /// One instance, one operation.
    async fn run_once<O: Operation>(
        &self,
        call: &Call<'_>,
        operation: &O,
        plan: Option<&[u8]>,
        footprint: &Footprint,
    ) -> Result<O::Output, Error> {
        let work = async {
            let mut guest = self.component.start(self.state(O::NAME, call, footprint)).await?;
            guest.init(&self.settings, plan).await?.map_err(|problems| rejected(&problems))?;
            operation.call(&mut guest, &call.context()).await
        };
        self.bounded(call, work).await
    }

    /// `work` under a permit, until the deadline. The guest gives way at every tick, so
    /// the timeout reaches it even while it spins.
    async fn bounded<T>(&self, call: &Call<'_>, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let _permits = tokio::time::timeout_at(call.deadline.into(), self.admit())
            .await
            .unwrap_or_else(|_elapsed| Err(fault::busy()))?;
        tokio::time::timeout_at(call.deadline.into(), work).await.unwrap_or_else(|_elapsed| Err(fault::deadline()))
    }

    async fn admit(&self) -> Result<Permits<'_>, Error> {
        let own = self.permits.acquire().await.map_err(|_closed| fault::busy())?;
        let shared = self.component.engine().permits().acquire().await.map_err(|_closed| fault::busy())?;
        Ok((own, shared))
    }

    fn state(&self, operation: &'static str, call: &Call<'_>, footprint: &Footprint) -> State {
        let scope = Scope {
            app: Arc::clone(&self.name),
            operation,
            request_id: call.ctx.request_id.as_str().into(),
            deadline: call.deadline,
            usage: Usage::default(),
        };
        State::new(scope, Arc::clone(&self.bindings), &self.limits).leaving(footprint)
    }
}

/// One call of the host, however many instances it takes.
#[derive(Debug)]
struct Call<'a> {
    ctx: &'a Context,
    deadline: Instant,
}

impl<'a> Call<'a> {
    fn new(ctx: &'a Context) -> Self {
        let now = Instant::now();
        Self { ctx, deadline: now.checked_add(ctx.deadline).unwrap_or(now + LONGEST_CALL) }
    }

    /// The context as the guest gets it, with the time that is left now.
    fn context(&self) -> wit::Context {
        let left = self.deadline.saturating_duration_since(Instant::now());
        wit::Context {
            request_id: self.ctx.request_id.clone(),
            traceparent: self.ctx.traceparent.clone(),
            deadline_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            now_ms: milliseconds_since_1970(),
            options: Vec::new(),
        }
    }
}

/// The time by the clock of this machine; 0 where that is set before 1970.
fn milliseconds_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The connector refused its settings.
fn rejected(problems: &[Diagnostic]) -> Error {
    let detail = problems
        .iter()
        .map(|problem| match &problem.path {
            Some(path) => format!("{path}: {}", problem.summary),
            None => problem.summary.clone(),
        })
        .collect::<Vec<_>>()
        .join("; ");
    Error::new(ErrorKind::Configuration, "the app is not configured correctly").code("guest.init").internal(detail)
}
