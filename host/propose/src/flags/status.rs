//! What the codes of a status mean.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Value};

use super::constant;
use crate::database::{Samples, Table};
use crate::draft::Draft;
use crate::interview::{Confidence, Question, Stopped};
use crate::mask;
use crate::names::Name;
use crate::proposal::{Constant, Values};
use crate::vocabulary;

/// What is offered beside values.
const NOT_MAPPED: &str = "none: do not map `active`";
/// A column with more different values is no status.
const MAX_CODES: usize = 16;

/// How SCIM's true and false are written, how sure that is, and why.
pub(super) type Truth = (Values, Confidence, String);

/// What is known of a column's codes.
struct Codes {
    /// Those that were seen.
    seen: Vec<Constant>,
    /// The one for an account that may be used.
    active: Option<Constant>,
    /// The one for an account that may not.
    inactive: Option<Constant>,
    /// What was seen, in words.
    reason: String,
}

/// Which codes mean that an account may be used, and that it may not; none where that is
/// not known. `inverted`: the column says that something is blocked, so its yes is SCIM's no.
pub(super) fn codes(
    draft: &mut Draft<'_>,
    table: &Table,
    column: &ColumnInfo,
    inverted: bool,
) -> Result<Option<Truth>, Stopped> {
    let none = Samples::default();
    let samples = table.samples_of(&column.name).unwrap_or(&none);
    if samples.distinct() > MAX_CODES {
        return Ok(None);
    }
    let open = vocabulary::names_states(&Name::of(&column.name), &Name::of(table.own_name()));
    let mut codes = Codes::of(column, samples, inverted, open);
    let is_bit = |code: &Constant| matches!(code, Constant::Integer(0 | 1));
    if column.kind == ColumnKind::Integer && !open && codes.seen.iter().all(is_bit) {
        return Ok(Some(bits(&codes, inverted)));
    }
    let certain = codes.is_known() && codes.seen.len() == 2;
    codes.complete();
    if codes.is_known() {
        let confidence = if certain { Confidence::Sure } else { Confidence::Likely };
        return Ok(codes.truth(confidence));
    }
    let place = format!("{}.{}", table.title(), column.name);
    let answered = match codes.seen.len() {
        0 | 1 => codes.ask_for_pair(draft, &place, pairs(column, inverted, open))?,
        _ => codes.ask_for_each(draft, &place)?,
    };
    "you said so".clone_into(&mut codes.reason);
    Ok(answered.then(|| codes.truth(Confidence::Sure)).flatten())
}

/// Pairs of codes that are usual in such a column: for an account that may be used, and for one
/// that may not. What is 1 in one application is 0 in another where the name leaves it `open`.
fn pairs(column: &ColumnInfo, inverted: bool, open: bool) -> Vec<(Constant, Constant)> {
    let usual = |(yes, no): (&str, &str)| (Constant::Text(yes.to_owned()), Constant::Text(no.to_owned()));
    let mut pairs: Vec<(Constant, Constant)> = match column.kind {
        ColumnKind::Integer => vec![(Constant::Integer(1), Constant::Integer(0))],
        ColumnKind::Boolean => vec![(Constant::Boolean(true), Constant::Boolean(false))],
        _ => vocabulary::usual_pairs().map(usual).collect(),
    };
    let turn = |(yes, no): &(Constant, Constant)| (no.clone(), yes.clone());
    if inverted {
        return pairs.iter().map(turn).collect();
    }
    let turned: Vec<_> = pairs.iter().filter(|(yes, _)| open && says_nothing(yes)).map(turn).collect();
    pairs.extend(turned);
    pairs
}

/// Whether a code is a number, whose meaning only the column's name can tell.
fn says_nothing(code: &Constant) -> bool {
    match code {
        Constant::Text(text) => text.parse::<i64>().is_ok(),
        Constant::Integer(_) | Constant::Boolean(_) => true,
        Constant::Now => false,
    }
}

/// A number of which only 0 and 1 were seen.
fn bits(codes: &Codes, inverted: bool) -> Truth {
    let both = codes.seen.len() == 2;
    let confidence = if both { Confidence::Sure } else { Confidence::Likely };
    let reason = if both { "0 and 1 are in it" } else { "a number, so 0 or 1 as usual" };
    let (yes, no) = if inverted { (0, 1) } else { (1, 0) };
    (Values::Truth(Constant::Integer(yes), Constant::Integer(no)), confidence, reason.to_owned())
}

impl Codes {
    /// Those of a column whose name tells what a number means, or leaves it `open`.
    fn of(column: &ColumnInfo, samples: &Samples, inverted: bool, open: bool) -> Self {
        let mut seen: Vec<Constant> = Vec::new();
        for code in samples.values().iter().filter_map(|(value, _)| constant(value)) {
            // Padding is no difference.
            if !seen.contains(&code) {
                seen.push(code);
            }
        }
        let meaning = |code: &Constant| match code {
            _ if open && says_nothing(code) => None,
            // `gesperrt = 'J'`: its yes means that the account may not be used.
            Constant::Text(text) => vocabulary::means_active(text).map(|active| active != inverted),
            Constant::Integer(number @ (0 | 1)) => Some((*number == 1) != inverted),
            _ => None,
        };
        let of = |wanted: bool| seen.iter().find(|code| meaning(code) == Some(wanted)).cloned();
        let (active, inactive) = (of(true), of(false));
        let reason = match seen.len() {
            0 => "no values were seen".to_owned(),
            _ if mask::is_code(column, samples) => {
                let shown: Vec<String> = seen.iter().map(describe).collect();
                format!("values seen: {}", shown.join(", "))
            }
            1 => "one value was seen".to_owned(),
            many => format!("{many} different values were seen"),
        };
        Self { seen, active, inactive, reason }
    }

    fn is_known(&self) -> bool {
        self.active.is_some() && self.inactive.is_some()
    }

    /// Finds the code that is missing where there is but one that it can be.
    fn complete(&mut self) {
        let (known, missing) = match (&self.active, &self.inactive) {
            (Some(active), None) => (active, &mut self.inactive),
            (None, Some(inactive)) => (inactive, &mut self.active),
            _ => return,
        };
        match (self.seen.as_slice(), known) {
            ([one, two], known) => *missing = Some(if known == one { two } else { one }.clone()),
            ([_], Constant::Text(text)) => {
                if let Some((_, other)) = vocabulary::counterpart(text) {
                    *missing = Some(Constant::Text(other));
                    self.reason.push_str("; the other one goes with it");
                }
            }
            _ => {}
        }
    }

    fn truth(&self, confidence: Confidence) -> Option<Truth> {
        let values = Values::Truth(self.active.clone()?, self.inactive.clone()?);
        Some((values, confidence, self.reason.clone()))
    }

    /// Asks for each code that is not known, among those that were seen. False where the
    /// answer is that nobody knows.
    fn ask_for_each(&mut self, draft: &mut Draft<'_>, place: &str) -> Result<bool, Stopped> {
        for (wanted, what) in [(true, "may be used"), (false, "may not be used")] {
            if if wanted { self.active.is_some() } else { self.inactive.is_some() } {
                continue;
            }
            let known = [&self.active, &self.inactive];
            let is_left = |code: &&Constant| !known.iter().any(|known| known.as_ref() == Some(*code));
            let left: Vec<Constant> = self.seen.iter().filter(is_left).cloned().collect();
            let question = Question {
                text: format!("Which value of `{place}` means that an account {what}?"),
                because: self.reason.clone(),
                options: left.iter().map(describe).chain([NOT_MAPPED.to_owned()]).collect(),
                default: left.len(),
            };
            let option = draft.ask(&question, |_| not_mapped(place))?;
            let Some(code) = left.into_iter().nth(option) else { return Ok(false) };
            if wanted {
                self.active = Some(code);
            } else {
                self.inactive = Some(code);
            }
        }
        Ok(true)
    }

    /// Asks for both codes of a column of which at most one was seen, among usual ones.
    fn ask_for_pair(
        &mut self,
        draft: &mut Draft<'_>,
        place: &str,
        mut usual: Vec<(Constant, Constant)>,
    ) -> Result<bool, Stopped> {
        usual.retain(|(active, inactive)| self.seen.iter().all(|seen| seen == active || seen == inactive));
        if usual.is_empty() {
            return Ok(false);
        }
        // They are words of ours, and nothing of the rows.
        let both = usual.iter().map(|(active, inactive)| format!("{} and {}", plain(active), plain(inactive)));
        let question = Question {
            text: format!("Which values of `{place}` mean that an account may be used, and that it may not?"),
            because: self.reason.clone(),
            options: both.chain([NOT_MAPPED.to_owned()]).collect(),
            default: usual.len(),
        };
        let option = draft.ask(&question, |_| not_mapped(place))?;
        let Some((active, inactive)) = usual.into_iter().nth(option) else { return Ok(false) };
        self.active = Some(active);
        self.inactive = Some(inactive);
        Ok(true)
    }
}

fn not_mapped(place: &str) -> String {
    format!("`active` is not mapped: nobody said what `{place}` means.")
}

/// A code for a person to choose.
fn describe(code: &Constant) -> String {
    match code {
        Constant::Text(text) => mask::show(&Value::Text(text.clone())),
        code => plain(code),
    }
}

/// A code as it is.
fn plain(code: &Constant) -> String {
    match code {
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(number) => number.to_string(),
        Constant::Text(text) => text.clone(),
        Constant::Now => "now".to_owned(),
    }
}
