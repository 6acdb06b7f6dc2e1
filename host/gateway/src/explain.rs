//! What becomes of a list query: which part is the target's, which the host's, and why.

use std::fmt;

use patchbay_scim::SortOrder;
use serde_json::{Value as Json, json};

use crate::plan::Reason;
use crate::service::{MAX_SCAN, Sorting};

/// Where plans of queries are logged.
const LOG: &str = "patchbay::query";

/// How a list query on one resource type is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// SCIM resource type.
    pub resource_type: String,
    /// Class of the target.
    pub class: String,
    /// The SCIM filter as it was understood, in canonical form; none without one.
    pub filter: Option<String>,
    /// The filter that the target evaluates, in native names; none where it is asked for
    /// all objects of the class, or for nothing.
    pub target_filter: Option<String>,
    /// Nodes of the target's filter.
    pub target_nodes: usize,
    /// The conditions for which the host looks at the objects itself. It then checks the
    /// whole filter.
    pub host_checks: Vec<HostCheck>,
    /// Who does the work.
    pub reading: Reading,
    /// How the order comes about.
    pub order: ResultOrder,
    /// 1-based index of the first resource.
    pub start_index: u64,
    /// Resources of a page at most.
    pub count: u32,
}

/// A condition that only the host can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCheck {
    /// The condition, as in the filter.
    pub condition: String,
    /// The attribute it asks for.
    pub attribute: String,
    /// Why the target cannot check it, each reason once.
    pub reasons: Vec<Reason>,
}

/// Who filters, sorts, pages and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The target does, and gives one page with an exact total.
    Target,
    /// The host does, on all that the target's filter lets through; more objects than
    /// [`Explanation::SCAN_BOUND`] are refused with `tooMany`, so that totals are exact.
    Host,
    /// Nobody: no object can match, and the target is not asked.
    Nobody,
    /// Nobody: it is Entra's connection test, for which the target is only tested.
    Test,
}

/// How the order comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultOrder {
    /// Nobody asked for one: it is that of the key.
    Key,
    /// No resource of this type has the attribute, so any order will do.
    Any,
    /// The target sorts by this native attribute.
    Target {
        /// The native attribute.
        attribute: String,
        /// Greatest first.
        descending: bool,
    },
    /// The host sorts by this SCIM attribute.
    Host {
        /// `sortBy`, as it was asked.
        attribute: String,
        /// Greatest first.
        descending: bool,
        /// Why the target does not.
        reason: Reason,
    },
}

impl ResultOrder {
    pub(crate) fn of(sorting: &Sorting, asked: Option<&str>, direction: SortOrder, residual: bool) -> Self {
        let descending = direction == SortOrder::Descending;
        let host = |reason| Self::Host { attribute: asked.unwrap_or_default().trim().to_owned(), descending, reason };
        match sorting {
            Sorting::Unasked => Self::Key,
            Sorting::Valueless => Self::Any,
            Sorting::Target(_) if residual => host(Reason::Filter),
            Sorting::Target(order) => Self::Target { attribute: order.attribute.clone(), descending },
            Sorting::Host(reason) => host(*reason),
        }
    }
}

impl Explanation {
    /// Objects that the host looks at for one request at most.
    pub const SCAN_BOUND: u64 = MAX_SCAN;

    /// Headings and texts, in an order to read them in. A heading may be empty: the text
    /// goes on with what is said above it.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("resource type", format!("{} (class {})", self.resource_type, self.class)),
            ("filter", self.filter.clone().unwrap_or_else(|| "none".to_owned())),
            ("target", self.target()),
        ];
        if self.host_checks.is_empty() {
            rows.push(("host", "nothing to check".to_owned()));
        }
        for (index, check) in self.host_checks.iter().enumerate() {
            rows.push((if index == 0 { "host" } else { "" }, check.to_string()));
        }
        rows.extend([("order", self.order.to_string()), ("page", self.page()), ("total", self.total().to_owned())]);
        if self.reading == Reading::Host {
            let bound = format!("tooMany beyond {} objects of the target", Self::SCAN_BOUND);
            rows.push(("bound", bound));
        }
        rows
    }

    fn target(&self) -> String {
        match (self.reading, &self.target_filter) {
            (Reading::Nobody, _) => "not asked: nothing can match".to_owned(),
            (Reading::Test, _) => "tested only: this is a connection test".to_owned(),
            (_, Some(filter)) => filter.clone(),
            (_, None) => "all objects of the class".to_owned(),
        }
    }

    fn page(&self) -> String {
        let by = match self.reading {
            Reading::Target => "the target",
            Reading::Host => "the host",
            Reading::Nobody | Reading::Test => return "always empty".to_owned(),
        };
        format!("by {by}: up to {}, from index {}", self.count, self.start_index)
    }

    fn total(&self) -> &'static str {
        match self.reading {
            Reading::Target => "exact, counted by the target",
            Reading::Host => "exact, counted by the host",
            Reading::Nobody | Reading::Test => "exact: 0",
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Json {
        let checks = self.host_checks.iter().map(|check| {
            json!({
                "condition": check.condition,
                "attribute": check.attribute,
                "reasons": check.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
            })
        });
        let sort = |by, attribute: &str, descending: bool, reason: Option<Reason>| {
            let direction = if descending { "descending" } else { "ascending" };
            json!({ "by": by, "attribute": attribute, "order": direction, "reason": reason.map(Reason::as_str) })
        };
        let order = match &self.order {
            ResultOrder::Key => json!({ "by": "key" }),
            ResultOrder::Any => json!({ "by": "any" }),
            ResultOrder::Target { attribute, descending } => sort("target", attribute, *descending, None),
            ResultOrder::Host { attribute, descending, reason } => sort("host", attribute, *descending, Some(*reason)),
        };
        json!({
            "resourceType": self.resource_type,
            "class": self.class,
            "filter": self.filter,
            "targetFilter": self.target_filter,
            "hostChecks": checks.collect::<Vec<_>>(),
            "evaluatedBy": self.reading.as_str(),
            "sort": order,
            "page": { "by": self.reading.as_str(), "startIndex": self.start_index, "count": self.count },
            "total": { "exact": true, "by": self.reading.as_str() },
            "scanBound": (self.reading == Reading::Host).then_some(Self::SCAN_BOUND),
        })
    }

    /// Whether [`Explanation::log`] is heard.
    pub(crate) fn is_logged() -> bool {
        tracing::enabled!(target: LOG, tracing::Level::DEBUG)
    }

    /// A line for the log. Filters hold people's data, so there is no value in it.
    pub(crate) fn log(&self) {
        let checks: Vec<String> = self
            .host_checks
            .iter()
            .map(|check| {
                let reasons: Vec<&str> = check.reasons.iter().map(|reason| reason.as_str()).collect();
                format!("{} ({})", check.attribute, reasons.join(", "))
            })
            .collect();
        tracing::debug!(
            target: LOG,
            resource_type = %self.resource_type,
            evaluated_by = self.reading.as_str(),
            target_nodes = self.target_nodes,
            host_checks = checks.join("; "),
            order = %self.order,
            "A query is planned."
        );
    }
}

impl Reading {
    /// One word, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Host => "host",
            Self::Nobody => "nobody",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for HostCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        write!(f, "{}: {}", self.condition, reasons.join("; "))
    }
}

impl fmt::Display for ResultOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = |descending: bool| if descending { "descending" } else { "ascending" };
        match self {
            Self::Key => f.write_str("by key"),
            Self::Any => f.write_str("any: no resource has the attribute"),
            Self::Target { attribute, descending } => {
                write!(f, "by the target: {attribute} {}", direction(*descending))
            }
            Self::Host { attribute, descending, reason } => {
                write!(f, "by the host: {attribute} {}, as {reason}", direction(*descending))
            }
        }
    }
}

/// Line by line: heading, colon, text.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (heading, text)) in self.rows().into_iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{heading}: {text}")?;
        }
        Ok(())
    }
}
