//! The statements of the ways that no test server here can run, and what is made of their
//! answers.

use patchbay_connector::sql::{Failure, Row, Value};
use patchbay_connector::{Error, ErrorKind, ObjectChange, SyncPage};

use super::{latest, since};
use crate::dialect::Dialect;
use crate::fixture::{Answer, Recorder, class, failed};
use crate::plan::feed::{Feed, Method, Range};
use crate::plan::{Class, Column, Native, Versions};

/// The class `team` on SQL Server, with these changes.
fn team(range: Range) -> Class {
    let feed = Some(Feed { method: Method::Range(range), deletes: false });
    Class { feed, versions: Versions::None, ..class(Dialect::Mssql, "team") }
}

fn rowversion() -> Range {
    let team = class(Dialect::Mssql, "team");
    let key = team.key.first().expect("a key").clone();
    Range::Rowversion(Column { name: "rv".into(), native: Native::Bytes, ..key })
}

fn number(number: i64) -> Answer {
    Answer::Rows(vec![vec![Value::Integer(number)]])
}

/// Rows of sort key and key.
fn keys(keys: &[i64]) -> Answer {
    let row = |key: &i64| -> Row { vec![Value::Integer(*key), Value::Integer(*key)] };
    Answer::Rows(keys.iter().map(row).collect())
}

/// Rows of key and name, which are the objects that are there.
fn objects(keys: &[i64]) -> Answer {
    let row = |key: &i64| -> Row { vec![Value::Integer(*key), Value::Text(format!("t{key}"))] };
    Answer::Rows(keys.iter().map(row).collect())
}

/// A token of this class, made while the database answers so.
fn token(class: &Class, answers: Vec<Answer>) -> Result<Vec<u8>, Error> {
    latest(&mut Recorder::new(answers), class)
}

/// A page since `token`, and the statements it took.
fn page(
    class: &Class,
    token: &[u8],
    limit: u32,
    answers: Vec<Answer>,
) -> (Result<SyncPage, Error>, Vec<String>, Vec<Vec<Value>>) {
    let mut db = Recorder::new(answers);
    let page = since(&mut db, class, token, &["name".to_owned()], limit);
    (page, db.seen, db.params)
}

/// `+UID` and `-UID`.
fn short(page: &SyncPage) -> Vec<String> {
    let short = |change: &ObjectChange| match change {
        ObjectChange::Upsert(object) => format!("+{}", object.id.uid),
        ObjectChange::Delete(id) => format!("-{}", id.uid),
    };
    page.changes.iter().map(short).collect()
}

#[test]
fn change_tracking_goes_from_version_to_version() {
    let class = team(Range::Tracking);
    let least = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[team]'))";
    let start = token(&class, vec![number(7), number(3)]).expect("a token");
    let (first, seen, params) = page(&class, &start, 2, vec![number(9), keys(&[1, 2]), number(3), objects(&[1])]);
    assert_eq!(
        seen,
        [
            "SELECT CHANGE_TRACKING_CURRENT_VERSION()",
            "SELECT t.\"team_id\", t.\"team_id\" FROM CHANGETABLE(CHANGES \"team\", ?1) t \
             WHERE t.SYS_CHANGE_VERSION <= ?2 ORDER BY t.\"team_id\" OFFSET ?3 ROWS FETCH NEXT ?4 ROWS ONLY",
            least,
            "SELECT t.\"team_id\", t.\"name\" FROM \"team\" t WHERE ((t.\"team_id\" = ?1) OR (t.\"team_id\" = ?2))",
        ]
    );
    assert_eq!(params[1][..2], [Value::Integer(7), Value::Integer(9)]);
    let first = first.expect("a page");
    assert_eq!((short(&first), first.more), (vec!["+1".to_owned(), "-2".to_owned()], true));
    // The next page goes on within the same versions, and only the one after looks further.
    let (second, seen, params) = page(&class, &first.token, 2, vec![keys(&[5]), number(3), objects(&[5])]);
    assert!(seen[0].contains("WHERE t.SYS_CHANGE_VERSION <= ?2 AND (t.\"team_id\" > ?3) ORDER BY"), "{}", seen[0]);
    assert_eq!(params[0][..3], [Value::Integer(7), Value::Integer(9), Value::Integer(2)]);
    let second = second.expect("a page");
    assert_eq!((short(&second), second.more), (vec!["+5".to_owned()], false));
    let (none, seen, _) = page(&class, &second.token, 2, vec![number(9), number(3)]);
    assert_eq!((short(&none.expect("a page")).len(), seen.len()), (0, 2));
    let (_, _, params) = page(&class, &second.token, 2, vec![number(10), keys(&[]), number(3)]);
    assert_eq!(params[1][..2], [Value::Integer(9), Value::Integer(10)]);
}

#[test]
fn change_tracking_says_when_it_has_forgotten() {
    let class = team(Range::Tracking);
    let start = token(&class, vec![number(7), number(3)]).expect("a token");
    let kind = |outcome: Result<SyncPage, Error>| outcome.map(drop).map_err(|error| error.kind);
    let null = || Answer::Rows(vec![vec![Value::Null]]);
    // Cleaned up while the rows were read, or before there was anything to read.
    let (outcome, ..) = page(&class, &start, 2, vec![number(9), keys(&[1]), number(8)]);
    assert_eq!(kind(outcome), Err(ErrorKind::TokenExpired));
    let (outcome, ..) = page(&class, &start, 2, vec![number(7), number(8)]);
    assert_eq!(kind(outcome), Err(ErrorKind::TokenExpired));
    // Another database, or this one from a backup.
    let (outcome, ..) = page(&class, &start, 2, vec![number(6)]);
    assert_eq!(kind(outcome), Err(ErrorKind::TokenExpired));
    // Switched off, for the database or for the table.
    let (outcome, ..) = page(&class, &start, 2, vec![null()]);
    assert_eq!(kind(outcome), Err(ErrorKind::Configuration));
    assert_eq!(token(&class, vec![number(7), null()]).map_err(|error| error.kind), Err(ErrorKind::Configuration));
    let undefined = Answer::Failed(failed(Failure::Undefined));
    assert_eq!(token(&class, vec![number(7), undefined]).map_err(|error| error.kind), Err(ErrorKind::Configuration));
}

#[test]
fn a_name_stays_within_its_literal() {
    let mut class = team(Range::Tracking);
    class.table = vec!["d'bo".into(), "a]b".into()];
    let mut db = Recorder::new([number(7), number(3)]);
    latest(&mut db, &class).expect("a token");
    assert_eq!(db.seen[1], "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[d''bo].[a]]b]'))");
}

#[test]
fn row_versions_go_up_to_the_least_that_is_not_committed() {
    let class = team(rowversion());
    let bytes = |last: u8| Answer::Rows(vec![vec![Value::Bytes(vec![0, 0, 0, 0, 0, 0, 0, last])]]);
    let start = token(&class, vec![bytes(7)]).expect("a token");
    let (first, seen, params) = page(&class, &start, 10, vec![bytes(9), keys(&[4]), objects(&[4])]);
    assert_eq!(seen[0], "SELECT MIN_ACTIVE_ROWVERSION()");
    assert_eq!(
        seen[1],
        "SELECT t.\"team_id\", t.\"team_id\" FROM \"team\" t WHERE t.\"rv\" >= ?1 AND t.\"rv\" < ?2 \
         ORDER BY t.\"team_id\" OFFSET ?3 ROWS FETCH NEXT ?4 ROWS ONLY"
    );
    assert_eq!(
        params[1][..2],
        [Value::Bytes(vec![0, 0, 0, 0, 0, 0, 0, 7]), Value::Bytes(vec![0, 0, 0, 0, 0, 0, 0, 9])]
    );
    let first = first.expect("a page");
    assert_eq!((short(&first), first.more), (vec!["+4".to_owned()], false));
    let (none, seen, _) = page(&class, &first.token, 10, vec![bytes(9)]);
    assert_eq!((none.expect("a page").changes.len(), seen.len()), (0, 1));
    let (outcome, ..) = page(&class, &first.token, 10, vec![bytes(8)]);
    assert_eq!(outcome.map(drop).map_err(|error| error.kind), Err(ErrorKind::TokenExpired));
}

#[test]
fn transaction_numbers_start_again() {
    let feed = Some(Feed { method: Method::Range(Range::Transaction), deletes: false });
    let class = Class { feed, versions: Versions::None, ..class(Dialect::Postgres, "team") };
    let epoch = 1_i64 << 32;
    let start = token(&class, vec![number(epoch + 7)]).expect("a token");
    let (page_, seen, params) = page(&class, &start, 10, vec![number(epoch + 10), keys(&[])]);
    assert!(page_.is_ok());
    assert_eq!(
        seen[1],
        "SELECT t.\"team_id\", t.\"team_id\" FROM \"team\" t \
         WHERE (CAST(CAST(t.\"xmin\" AS TEXT) AS BIGINT) - ?1 + 4294967296) % 4294967296 < ?2 \
         ORDER BY t.\"team_id\" LIMIT ?3"
    );
    assert_eq!(params[1][..2], [Value::Integer(7), Value::Integer(3)]);
    let (outcome, ..) = page(&class, &start, 10, vec![number(epoch + 7 + epoch)]);
    assert_eq!(outcome.map(drop).map_err(|error| error.kind), Err(ErrorKind::TokenExpired));
}

#[test]
fn a_page_has_at_least_one_change() {
    let class = team(rowversion());
    let start = token(&class, vec![Answer::Rows(vec![vec![Value::Bytes(vec![0; 8])]])]).expect("a token");
    let (outcome, ..) = page(&class, &start, 0, Vec::new());
    assert_eq!(outcome.map(drop).map_err(|error| error.kind), Err(ErrorKind::InvalidValue));
    let (outcome, ..) = page(&team(Range::Tracking), &start, 1, Vec::new());
    assert_eq!(outcome.map(drop).map_err(|error| error.kind), Err(ErrorKind::TokenExpired), "of another way");
}
