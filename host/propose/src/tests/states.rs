//! Numbers in columns that are called `status`: in one application 1 is an account that may be
//! used, in another one 0 is, and names do not tell which.

use super::*;

/// What `active` is for a table with these columns, how many questions were asked, and what
/// was assumed.
fn found(columns: &str, interview: &mut dyn Interview) -> (Option<String>, Vec<String>) {
    let users = format!("users\n id int serial key: 1\n login text unique not null: ada\n {columns}");
    let proposal = propose(&database(&[&users]), &hints(), interview).unwrap();
    let line = mapping(&proposal).into_iter().find(|line| line.starts_with("User.active"));
    (line.and_then(|line| line.strip_prefix("User.active = ").map(str::to_owned)), proposal.assumptions)
}

/// Nobody is asked, and nothing but this is assumed of it.
#[track_caller]
fn check_unasked(columns: &str, expected: Option<&str>) {
    let (active, assumed) = found(columns, &mut Assume);
    assert_eq!(active.as_deref(), expected, "{columns}");
    let said = assumed.iter().any(|line| line.contains("`active` is not mapped: nobody said what `users."));
    assert_eq!(said, expected.is_none(), "{columns}: {assumed:?}");
}

/// Somebody is asked, so often, and answers by what the question has in it.
#[track_caller]
fn check_asked(columns: &str, answers: &[(&str, &str)], expected: Option<&str>) {
    let mut script = Script { answers, asked: Vec::new() };
    let (active, _) = found(columns, &mut script);
    assert_eq!(active.as_deref(), expected, "{columns}");
    assert_eq!(script.asked.len(), answers.len(), "{columns}: {:?}", script.asked);
}

#[test]
fn numbers_in_a_status_mean_what_somebody_says() {
    for status in ["status int not null default: 0, 0, 0, 1", "state int: 0, 1", "user_status int: 0, 1, 2"] {
        check_unasked(status, None);
    }
    for status in ["zustand int: 0, 0", "status int", "status text: 0, 1", "status text: 1", "status tinyint(1): 0"] {
        check_unasked(status, None);
    }
    let turned = Some("{ attribute = 'status', values = { false = 1, true = 0 } }");
    check_asked("status int: 0, 0, 1", &[("may be used", "0"), ("may not be used", "1")], turned);
    check_asked("status int: 0, 0", &[("mean that an account", "0 and 1")], turned);
    let straight = Some("{ attribute = 'status', values = { false = 0, true = 1 } }");
    check_asked("status int", &[("mean that an account", "1 and 0")], straight);
    check_asked("status int: 0, 1", &[("may be used", "none")], None);
    let text = Some("{ attribute = 'status', values = { false = '1', true = '0' } }");
    check_asked("status text: 0", &[("mean that an account", "0 and 1")], text);
}

#[test]
fn a_short_number_of_mysql_is_a_number_where_it_is_called_a_status() {
    let turned = Some("{ attribute = 'status', values = { false = true, true = false } }");
    check_asked("status tinyint(1)", &[("mean that an account", "false and true")], turned);
    check_unasked("active tinyint(1)", Some("'active'"));
    check_unasked("status bool: true, false", Some("'status'"));
}

#[test]
fn a_name_that_says_yes_or_no_needs_no_question() {
    check_unasked("enabled int: 0, 0, 1", Some("{ attribute = 'enabled', values = { false = 0, true = 1 } }"));
    check_unasked("locked int: 0, 0", Some("{ attribute = 'locked', values = { false = 1, true = 0 } }"));
    // It goes before a number that says nothing, and a word in a status says what it means.
    let locked = "{ attribute = 'locked', values = { false = 1, true = 0 } }";
    check_unasked("status int: 0, 1\n locked int: 0, 1", Some(locked));
    check_unasked("status text: A, D", Some("{ attribute = 'status', values = { false = 'D', true = 'A' } }"));
}
