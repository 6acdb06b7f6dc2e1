//! Which of SCIM's two media types an answer bears (RFC 7644 section 3.1, RFC 9110
//! section 12.5.1).

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};

/// What SCIM is by default.
const SCIM: &str = "application/scim+json";
/// What every JSON client knows.
const JSON: &str = "application/json";

/// The media type for an answer: `application/json` where the client would rather have that,
/// else `application/scim+json`, also for one that takes neither: it can read the error or
/// leave it, and is not told less than before.
pub(super) fn media_type(headers: &HeaderMap) -> HeaderValue {
    let fields: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let (scim, json) = (quality(&fields, SCIM), quality(&fields, JSON));
    HeaderValue::from_static(if json > scim { JSON } else { SCIM })
}

/// How much the client wants `media`, in thousandths: what the most precise range says that
/// it falls into. None at all if there is none; a client that says nothing takes everything.
fn quality(fields: &[&str], media: &str) -> u16 {
    if fields.is_empty() {
        return 1000;
    }
    let mut best = (0, 0);
    for range in fields.iter().flat_map(|field| field.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let precision = match parts.next().unwrap_or_default() {
            name if name.eq_ignore_ascii_case(media) => 3,
            name if name.eq_ignore_ascii_case("application/*") => 2,
            "*/*" => 1,
            _ => continue,
        };
        let q = parts.find_map(|part| part.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')).unwrap_or("1");
        if precision > best.0 {
            best = (precision, thousandths(q.trim()));
        }
    }
    best.1
}

/// `0.5` is 500. What is no weight counts for nothing.
fn thousandths(q: &str) -> u16 {
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    match (whole, format!("{fraction:0<3}").parse::<u16>()) {
        ("1", _) => 1000,
        ("0", Ok(thousandths)) if fraction.len() <= 3 => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7644_section_3_1_the_client_chooses() {
        let check = |accept: &[&'static str], expected: &str| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(media_type(&headers), expected, "{accept:?}");
        };
        check(&[], SCIM);
        check(&["*/*"], SCIM);
        check(&["application/*"], SCIM);
        check(&["application/scim+json"], SCIM);
        check(&["application/scim+json, application/json"], SCIM);
        check(&["application/json, application/scim+json"], SCIM);
        check(&["application/json"], JSON);
        check(&["Application/JSON; charset=utf-8"], JSON);
        check(&["application/json, */*;q=0.1"], JSON);
        check(&["application/json;q=0.9, application/scim+json;q=0.8"], JSON);
        check(&["application/json;q=0.5, application/*;q=0.9"], SCIM);
        check(&["application/scim+json;q=0", "*/*"], JSON);
        check(&["text/html"], SCIM);
        check(&["", ";;,q=,application/json;q=x"], SCIM);
    }
}
