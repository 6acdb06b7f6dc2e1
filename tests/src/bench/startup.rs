//! How soon the program serves, and what it takes when it has nothing to do.

use std::time::Duration;

use anyhow::Result;

use super::Options;
use super::report::{Goal, Report};
use super::served::Setting;
use crate::{Helpdesk, Target};

/// Starts the program cold and then warm, on SQLite.
pub(super) async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    let helpdesk = Helpdesk::fresh(Target::Sqlite).await?;
    let setting = Setting::new(&helpdesk, options, 8)?;
    let cold = setting.start(&helpdesk).await?.ready_after;
    let mut warm = Duration::MAX;
    for _ in 0..5 {
        warm = warm.min(setting.start(&helpdesk).await?.ready_after);
    }
    let server = setting.start(&helpdesk).await?;
    // The allocator takes its time to give back what starting took.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let untouched = server.resident_kib()?;
    setting.requests(["/Users?count=5".to_owned()]).run(1, Duration::from_secs(1)).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = server.resident_kib()?.max(untouched);

    report.section(
        "Start and idle memory",
        "One app, the SQL connector on SQLite. Ready means that the port takes connections; the cache holds compiled \
         connectors. Idle memory is resident memory five seconds after the start, or two seconds after a second of \
         requests, whichever is more.",
    );
    report.head(&["what", "measured", "goal", ""]);
    let verdict = report.judge("ready with a warm cache", warm.as_secs_f64(), Goal::AtMost(0.5));
    report.row(&["ready, warm cache", &format!("{:.2} s", warm.as_secs_f64()), "≤ 0.5 s", verdict]);
    report.row(&["ready, cold cache", &format!("{:.2} s", cold.as_secs_f64()), "", ""]);
    let mib = idle as f64 / 1024.0;
    let verdict = report.judge("idle memory", mib, Goal::AtMost(60.0));
    report.row(&["idle memory", &format!("{mib:.0} MiB"), "≤ 60 MiB", verdict]);
    Ok(())
}
