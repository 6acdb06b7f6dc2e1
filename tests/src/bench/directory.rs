//! A directory: Patchbay beside programs with `ldap3`, on the same OpenLDAP server.

mod bare;
mod floor;
mod gated;
mod served;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use patchbay_test_support::OpenLdap;

use super::Options;
use super::load::Measured;
use super::process::{Server, free_address};
use super::report::{Goal, Report};
use bare::Login;

pub use floor::{DirectoryFloorOptions, serve as serve_floor};

/// People in the directory, beside those who are made here.
const PEOPLE: u64 = 5_000;
/// Connections on both sides.
const CONNECTIONS: u64 = 32;
/// Turns of each side.
const TURNS: usize = 3;
/// Entries of one call of the program that loads them.
const LOADED: u64 = 1_000;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Search,
    Modify,
    Add,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Search => "search by uid",
            Self::Modify => "modify",
            Self::Add => "add",
        }
    }

    fn request(self) -> &'static str {
        match self {
            Self::Search => "`GET /Users?filter=userName eq \"...\"`",
            Self::Modify => "`PATCH /Users/ID` of a title",
            Self::Add => "`POST /Users`",
        }
    }
}

/// The name of a person's entry.
fn person_dn(base: &str, person: u64) -> String {
    format!("uid=user{person},{base}")
}

/// Measures all three.
pub(super) async fn measure(options: &Options, turn: Duration, report: &mut Report) -> Result<()> {
    let directory = OpenLdap::start()?;
    let login = Login {
        url: directory.url(),
        dn: directory.admin_dn().to_owned(),
        password: directory.password().to_owned(),
        base: format!("ou=people,{}", directory.base()),
    };
    fill(&directory, &login.base)?;
    let place = tempfile::Builder::new().prefix("patchbay-bench-").tempdir()?;
    let server = served::start(&directory, options, place.path()).await?;
    let floor = start_floor(&login).await?;
    let ids = Arc::new(served::ids(&server).await?);
    same_answers(&server, &floor, &ids).await?;
    let fresh = Arc::new(AtomicU64::new(0));

    let binding = gated::binding(&login, CONNECTIONS)?;
    report.section(
        "A directory, beside programs with `ldap3`",
        &format!(
            "OpenLDAP with {CONNECTIONS} connections. First operations per second: a bare program speaks LDAP and \
             nothing else (it knows the entry's name, sends the one operation and drops the answer), and the host's way \
             to a directory does the same operation through gate, pool and driver, with a lease for each. Then requests \
             per second over HTTP. The floor is a small axum program with `ldap3` and hand-written JSON: no sandbox, no \
             mapping, no policy, no comparison; it finds the entry by its id and answers with the resource, so that a \
             PATCH is three operations (Patchbay's is four, and three instances of the connector). They take turns.",
        ),
    );
    report.head(&[
        "operation",
        "`ldap3` alone",
        "through the gate",
        "ratio",
        "goal",
        "",
        "request",
        "floor",
        "Patchbay",
        "ratio",
        "goal",
        "",
        "to `ldap3` alone",
    ]);
    for operation in [Operation::Search, Operation::Modify, Operation::Add] {
        for server in [&floor, &server] {
            served::run(server, operation, turn / 2, &ids, &fresh).await?;
        }
        let mut sums: [Option<Measured>; 4] = [None; 4];
        for _ in 0..TURNS {
            let measured = [
                bare::run(&login, operation, CONNECTIONS, turn, &fresh).await?,
                gated::run(&binding, &login.base, operation, CONNECTIONS, turn, &fresh).await?,
                served::run(&floor, operation, turn, &ids, &fresh).await?,
                served::run(&server, operation, turn, &ids, &fresh).await?,
            ];
            for (sum, measured) in sums.iter_mut().zip(measured) {
                *sum = Some(sum.map_or(measured, |before| before.and(measured)));
            }
        }
        let [Some(bare), Some(gated), Some(floor), Some(whole)] = sums.map(|sum| sum.map(Measured::rate)) else {
            bail!("no turns")
        };
        let mut judge = |what: &str, ratio: f64| {
            report.judge(&format!("{} in a directory, {what}", operation.name()), ratio, Goal::AtLeast(0.7))
        };
        let (way, request) = (judge("through the gate", gated / bare), judge("the whole request", whole / floor));
        report.row(&[
            operation.name(),
            &format!("{bare:.0}/s"),
            &format!("{gated:.0}/s"),
            &format!("{:.2}", gated / bare),
            "≥ 0.7",
            way,
            operation.request(),
            &format!("{floor:.0}/s"),
            &format!("{whole:.0}/s"),
            &format!("{:.2}", whole / floor),
            "≥ 0.7",
            request,
            &format!("{:.2}", whole / bare),
        ]);
    }
    Ok(())
}

/// The floor server as a process of its own: this program, told to be it.
async fn start_floor(login: &Login) -> Result<Server> {
    let address = free_address()?;
    let (listen, connections) = (address.to_string(), CONNECTIONS.to_string());
    let arguments = ["directory-floor", "--listen", &listen, "--connections", &connections];
    let arguments = arguments.into_iter().chain(["--directory", &login.url, "--bind-dn", &login.dn]);
    let environment = [("FLOOR_PASSWORD", login.password.clone())];
    Server::start(&std::env::current_exe()?, arguments.chain(["--base", &login.base]), &environment, address).await
}

/// A comparison is only fair between servers that say the same.
async fn same_answers(ours: &Server, floor: &Server, ids: &[String]) -> Result<()> {
    for person in [0, 100, 1000] {
        let (ours, floor) = (served::person(ours, person, ids).await?, served::person(floor, person, ids).await?);
        ensure!(ours == floor, "the servers answer differently:\n{ours:#}\n{floor:#}");
    }
    Ok(())
}

/// Puts people there.
fn fill(directory: &OpenLdap, base: &str) -> Result<()> {
    for first in (0..PEOPLE).step_by(LOADED as usize) {
        let mut ldif = String::new();
        for person in first..PEOPLE.min(first + LOADED) {
            write!(
                ldif,
                "dn: {}\nobjectClass: inetOrgPerson\nuid: user{person}\ncn: User {person}\nsn: Number {person}\n\
                 givenName: User\nmail: user{person}@example.org\ntitle: Agent\n\n",
                person_dn(base, person)
            )?;
        }
        directory.ldif(&ldif)?;
    }
    Ok(())
}
