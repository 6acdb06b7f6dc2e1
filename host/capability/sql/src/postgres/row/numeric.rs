//! `numeric` in its binary form: base-10000 digits.

use super::{Reason, TORN, take};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const NEGATIVE_INFINITY: u16 = 0xf000;

/// Exact decimal text with as many decimals as the value was stored with; `NaN` and
/// `Infinity` as PostgreSQL prints them.
///
/// The form: number of digits, weight of the first (a power of 10000), sign, number of
/// decimals, the digits.
pub(super) fn decode(raw: &[u8]) -> Result<String, Reason> {
    let mut rest = raw;
    let count = usize::from(u16::from_be_bytes(take(&mut rest)?));
    let weight = i32::from(i16::from_be_bytes(take(&mut rest)?));
    let sign = u16::from_be_bytes(take(&mut rest)?);
    let decimals = usize::from(u16::from_be_bytes(take(&mut rest)?));
    match sign {
        NAN => return Ok("NaN".into()),
        INFINITY => return Ok("Infinity".into()),
        NEGATIVE_INFINITY => return Ok("-Infinity".into()),
        _ => {}
    }
    let digits = (0..count).map(|_| take(&mut rest).map(u16::from_be_bytes)).collect::<Result<Vec<u16>, _>>()?;
    if digits.iter().any(|digit| *digit > 9999) {
        return Err(TORN);
    }
    // The digit at a power of 10000; zero where none was sent.
    let at =
        |power: i32| usize::try_from(weight - power).ok().and_then(|index| digits.get(index)).copied().unwrap_or(0);
    let mut text = String::new();
    if sign == NEGATIVE {
        text.push('-');
    }
    let mut power = weight.max(0);
    text.push_str(&at(power).to_string());
    while power > 0 {
        power -= 1;
        text.push_str(&format!("{:04}", at(power)));
    }
    if decimals > 0 {
        text.push('.');
        let end = text.len() + decimals;
        while text.len() < end {
            power -= 1;
            text.push_str(&format!("{:04}", at(power)));
        }
        text.truncate(end);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[u16], expected: Result<&str, Reason>) {
        let raw: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        assert_eq!(decode(&raw), expected.map(str::to_owned), "{words:?}");
    }

    #[test]
    fn numerics() {
        check(&[0, 0, 0, 0], Ok("0"));
        check(&[0, 0, 0, 2], Ok("0.00"));
        check(&[2, 0, 0, 2, 12, 5000], Ok("12.50"));
        check(&[2, 0, NEGATIVE, 2, 12, 5000], Ok("-12.50"));
        check(&[1, 1, 0, 0, 5], Ok("50000"));
        check(&[1, 0xffff, 0, 4, 7], Ok("0.0007"));
        check(&[1, 0xfffe, 0, 8, 7], Ok("0.00000007"));
        check(&[3, 1, 0, 6, 1, 2, 3000], Ok("10002.300000"));
        check(&[0, 0, NAN, 0], Ok("NaN"));
        check(&[0, 0, NEGATIVE_INFINITY, 0], Ok("-Infinity"));
        check(&[2, 0, 0, 0, 1], Err(TORN));
        check(&[1, 0, 0, 0, 10_000], Err(TORN));
    }
}
