//! A way in for fuzzers.

use crate::ber;
use crate::controls;
use crate::error::{Asked, bind_refused, translate};
use crate::message::{Answer, Message};

/// Reads bytes as what a server sends: message after message, all that may be in one, and
/// every control's value. Returns how many messages there were. A fuzzer looks for panics,
/// and for work or memory out of proportion.
#[doc(hidden)]
pub fn read_answers(mut bytes: &[u8]) -> usize {
    read_values(bytes);
    let mut count = 0;
    while let Ok(Some(length)) = ber::frame(bytes) {
        let Some((message, rest)) = bytes.split_at_checked(length) else { break };
        bytes = rest;
        let Ok(message) = Message::parse(message, message.len().saturating_mul(8)) else { break };
        count += 1;
        match &message.answer {
            Answer::Done(outcome) => {
                let policy = controls::read_password_policy(&message.controls).unwrap_or_default();
                let _ = (translate(Asked::Search, outcome), bind_refused(outcome, policy.error));
            }
            Answer::Intermediate { value: Some(value), .. } => read_values(value),
            Answer::Entry(_) | Answer::Reference | Answer::Intermediate { value: None, .. } => {}
        }
        message.controls.iter().filter_map(|control| control.val.as_deref()).for_each(read_values);
    }
    count
}

/// The value of a control, whatever control it is of.
fn read_values(value: &[u8]) {
    let _ = (
        controls::read_paged(value),
        controls::read_post_read(value),
        controls::read_sort(value),
        controls::read_view(value),
        controls::read_dir_sync(value),
        controls::read_state(value),
        controls::read_done(value),
        controls::read_info(value),
    );
}
