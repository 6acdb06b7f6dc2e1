//! Where the object with a uid stands, of objects that the database tells apart.

use std::collections::HashMap;

use crate::plan::Class;

/// Ways to write a uid in which other spellings of it are the same: databases fold the case of
/// ASCII (NOCASE of SQLite), or of more.
const FOLDS: [fn(&str) -> String; 2] = [str::to_ascii_lowercase, str::to_lowercase];

/// Places by uid. A uid may be spelled otherwise where the database takes both for the same; it
/// is then that of the only object that it can be.
#[derive(Debug)]
pub(crate) struct Places {
    exact: HashMap<String, usize>,
    /// For each of [`FOLDS`]; none where two objects meet in it, or no case is folded.
    folded: [HashMap<String, Option<usize>>; 2],
    folds: bool,
}

impl Places {
    /// No places yet, for objects of this class.
    pub(crate) fn new(class: &Class) -> Self {
        let folds = !class.key.iter().all(|part| part.native_case);
        Self { exact: HashMap::new(), folded: Default::default(), folds }
    }

    /// Notes where the object with this uid stands. Where a uid comes twice, the last one counts.
    pub(crate) fn insert(&mut self, uid: &str, place: usize) {
        let before = self.exact.insert(uid.to_owned(), place);
        if !self.folds {
            return;
        }
        for (fold, places) in FOLDS.iter().zip(&mut self.folded) {
            let alone = |other: &Option<usize>| before.is_some() && *other == before;
            places.entry(fold(uid)).and_modify(|other| *other = alone(other).then_some(place)).or_insert(Some(place));
        }
    }

    /// Where the object stands that the database means by this uid.
    pub(crate) fn get(&self, uid: &str) -> Option<usize> {
        if let Some(place) = self.exact.get(uid) {
            return Some(*place);
        }
        FOLDS.iter().zip(&self.folded).find_map(|(fold, places)| *places.get(&fold(uid))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::fixture;

    #[test]
    fn a_uid_is_that_of_the_only_object_that_it_can_be() {
        let mut class = fixture::class(Dialect::Sqlite, "person");
        for (native_case, expected) in [(false, [Some(0), Some(0), Some(1), Some(2), Some(3)]), (true, [None; 5])] {
            class.key.iter_mut().for_each(|part| part.native_case = native_case);
            let mut places = Places::new(&class);
            for (place, uid) in ["\u{c4}rzte", "\u{e4}rzte", "R\u{e9}d", "Blue"].into_iter().enumerate() {
                places.insert(uid, place);
            }
            assert_eq!(places.get("\u{e4}rzte"), Some(1));
            let others = ["\u{c4}RZTE", "\u{c4}rztE", "\u{e4}RZTE", "r\u{c9}D", "BLUE"];
            assert_eq!(others.map(|uid| places.get(uid)), expected);
            assert_eq!(places.get("Green"), None);
            places.insert("Blue", 4);
            assert_eq!((places.get("Blue"), places.get("blue")), (Some(4), (!native_case).then_some(4)));
        }
    }
}
