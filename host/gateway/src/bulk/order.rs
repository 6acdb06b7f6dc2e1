//! In which order the parts of a bulk request run (RFC 7644 section 3.7.1): as the request
//! has them, except that what refers to a resource waits until that is made, or has failed.
//!
//! Who waits for whom is written down once, so that a long chain costs no more for each of
//! its operations than a short one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Something that runs at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The rest of an operation of this index, that opened a circle. Goes before operations.
    Completion(usize),
    /// The operation of this index.
    Operation(usize),
}

/// What runs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A step that waits for nothing any more, or in vain.
    Ready(Step),
    /// An operation that waits, as all others do: they wait for each other.
    Circle(usize),
}

/// What has become of a bulkId.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its resource is there.
    Made,
    /// An operation that has not run yet makes it.
    ToCome,
    /// Its creation failed, or no operation makes it.
    Never,
}

/// The steps that have not run yet.
#[derive(Debug, Default)]
pub(super) struct Order {
    ready: BTreeSet<Step>,
    /// How many bulkIds a step still waits for.
    waiting: BTreeMap<Step, usize>,
    /// Who waits for a bulkId; some of them may have run since.
    waiters: HashMap<String, Vec<Step>>,
    /// Operations that wait and make something: they can open a circle.
    makers: BTreeSet<usize>,
}

impl Order {
    /// Adds a step that refers to these bulkIds.
    pub(super) fn add(&mut self, step: Step, refers_to: &HashSet<String>, makes: bool, fate: impl Fn(&str) -> Fate) {
        let waits_for: Vec<&String> = refers_to.iter().filter(|id| fate(id) != Fate::Made).collect();
        if waits_for.is_empty() || waits_for.iter().any(|id| fate(id) == Fate::Never) {
            self.ready.insert(step);
            return;
        }
        self.waiting.insert(step, waits_for.len());
        for id in waits_for {
            self.waiters.entry(id.clone()).or_default().push(step);
        }
        if let (Step::Operation(index), true) = (step, makes) {
            self.makers.insert(index);
        }
    }

    /// Notes that the resource of this bulkId was made, or could not be.
    pub(super) fn settle(&mut self, bulk_id: &str, made: bool) {
        for step in self.waiters.remove(bulk_id).unwrap_or_default() {
            let Some(left) = self.waiting.get_mut(&step) else { continue };
            *left -= 1;
            if *left == 0 || !made {
                self.forget(step);
                self.ready.insert(step);
            }
        }
    }

    /// Takes the next step out; none where only completions are left that wait in vain.
    pub(super) fn next(&mut self) -> Option<Next> {
        if let Some(step) = self.ready.pop_first() {
            return Some(Next::Ready(step));
        }
        let any = || {
            self.waiting.keys().find_map(|step| match step {
                Step::Operation(index) => Some(*index),
                Step::Completion(_) => None,
            })
        };
        let index = self.makers.first().copied().or_else(any)?;
        self.forget(Step::Operation(index));
        Some(Next::Circle(index))
    }

    fn forget(&mut self, step: Step) {
        self.waiting.remove(&step);
        if let Step::Operation(index) = step {
            self.makers.remove(&index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs operations, each with what it makes and what it refers to; `fails` are not made.
    /// An operation that opens a circle is completed when the rest is there.
    fn check(operations: &[(&str, &[&str])], fails: &[&str], expected: &[Next]) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<HashSet<String>>();
        let mut fates: HashMap<&str, Fate> = operations.iter().map(|(makes, _)| (*makes, Fate::ToCome)).collect();
        let mut order = Order::default();
        for (index, (makes, refers_to)) in operations.iter().enumerate() {
            let fate = |id: &str| fates.get(id).copied().unwrap_or(Fate::Never);
            order.add(Step::Operation(index), &names(refers_to), !makes.is_empty(), fate);
        }
        let mut ran = Vec::new();
        while let Some(next) = order.next() {
            ran.push(next);
            let (Next::Ready(Step::Operation(index)) | Next::Circle(index)) = next else { continue };
            let (makes, refers_to) = operations[index];
            let made = !fails.contains(&makes);
            fates.insert(makes, if made { Fate::Made } else { Fate::Never });
            order.settle(makes, made);
            if matches!(next, Next::Circle(_)) {
                let fate = |id: &str| fates.get(id).copied().unwrap_or(Fate::Never);
                order.add(Step::Completion(index), &names(refers_to), false, fate);
            }
        }
        assert_eq!(ran, expected);
    }

    fn operation(index: usize) -> Next {
        Next::Ready(Step::Operation(index))
    }

    #[test]
    fn operations_run_in_their_order_unless_they_wait() {
        check(&[("a", &[]), ("b", &[]), ("c", &[])], &[], &[operation(0), operation(1), operation(2)]);
        check(&[("a", &["c"]), ("b", &[]), ("c", &[])], &[], &[operation(1), operation(2), operation(0)]);
        check(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])], &[], &[operation(2), operation(1), operation(0)]);
    }

    #[test]
    fn who_waits_in_vain_does_not_wait() {
        check(&[("a", &["x"]), ("b", &[])], &[], &[operation(0), operation(1)]);
        check(&[("a", &["b", "x"]), ("b", &[])], &[], &[operation(0), operation(1)]);
        check(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])], &["c"], &[operation(2), operation(0), operation(1)]);
    }

    #[test]
    fn circles_are_opened_and_completed_at_once() {
        let completed = |index| Next::Ready(Step::Completion(index));
        check(
            &[("a", &["b"]), ("b", &["a"]), ("c", &["a"])],
            &[],
            &[Next::Circle(0), operation(1), completed(0), operation(2)],
        );
        check(&[("a", &["a"])], &[], &[Next::Circle(0), completed(0)]);
        // What makes nothing cannot open one.
        check(&[("", &["b"]), ("b", &["b"])], &[], &[Next::Circle(1), completed(1), operation(0)]);
    }
}
