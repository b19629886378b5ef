//! Secrets in texts that others read. Invariant: of a text that holds a whole secret no more is
//! shown than the id of its key, which is none.

use std::borrow::Cow;

use sijil_schemas::record::KEY_ID_CHARS;

/// What a secret begins with, before the first of its two separators.
const WORD: &str = "sijil";

/// A text as it may be logged and shown: of each `sijil_`, 12 letters or digits, `_` and whatever
/// follows, the first 18 characters stay.
///
/// ```
/// let said = "no key sijil_abcdefghijkl_0123456789, here";
/// assert_eq!(sijil_access::masked(said), "no key sijil_abcdefghijkl…, here");
/// ```
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let (mut shown, mut from, mut at) = (String::new(), 0, 0);
    while at + WORD.len() < text.len() {
        let Some(Secret { kept, whole }) = secret(&text.as_bytes()[at..]) else {
            at += 1;
            continue;
        };
        // A secret is ASCII, so both ends of it stand between characters.
        shown.push_str(&text[from..at + kept]);
        shown.push('…');
        (from, at) = (at + whole, at + whole);
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

/// Where in a text that begins with a secret its id ends, and where it ends itself.
struct Secret {
    kept: usize,
    whole: usize,
}

fn secret(text: &[u8]) -> Option<Secret> {
    let (word, rest) = text.split_at_checked(WORD.len())?;
    if !word.eq_ignore_ascii_case(WORD.as_bytes()) {
        return None;
    }
    let first = separator(rest)?;
    let (id, rest) = rest[first..].split_at_checked(KEY_ID_CHARS)?;
    if !id.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let kept = WORD.len() + first + KEY_ID_CHARS;
    let mut end = separator(rest)?;
    loop {
        match rest.get(end) {
            Some(byte) if byte.is_ascii_alphanumeric() => end += 1,
            Some(_) => match separator(&rest[end..]) {
                Some(bytes) => end += bytes,
                None => break,
            },
            None => break,
        }
    }
    Some(Secret { kept, whole: kept + end })
}

/// The bytes of the `_` a text begins with, also as an address writes it.
fn separator(text: &[u8]) -> Option<usize> {
    if text.first() == Some(&b'_') {
        return Some(1);
    }
    text.get(..3).is_some_and(|three| three.eq_ignore_ascii_case(b"%5f")).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn of_a_secret_the_id_stays() {
        let rest = "ZxCvBnM0123456789ZxCvBnM0123456789ZxCvBnM0123456789";
        let rows = [
            ("", ""),
            ("nothing of the kind", "nothing of the kind"),
            ("sijil_abcdefghijkl", "sijil_abcdefghijkl"),
            ("sijil_abcdefghijk_REST", "sijil_abcdefghijk_REST"),
            ("sijil_requests_refused_total", "sijil_requests_refused_total"),
            ("sijil_abcdefghijkl_REST", "sijil_abcdefghijkl…"),
            ("/v1/keys/sijil_abcdefghijkl_REST/x", "/v1/keys/sijil_abcdefghijkl…/x"),
            ("/sijil%5Fabcdefghijkl%5fREST?a=b", "/sijil%5Fabcdefghijkl…?a=b"),
            ("\"SIJIL_abcdefghijkl_REST\"", "\"SIJIL_abcdefghijkl…\""),
            (
                "é sijil_abcdefghijkl_REST, sijil_ABCDEFGHIJKL_REST_é",
                "é sijil_abcdefghijkl…, sijil_ABCDEFGHIJKL…é",
            ),
            ("sijil_sijil_abcdefghijkl_REST", "sijil_sijil_abcdefghijkl…"),
            ("sijil_abcdefghijkl_", "sijil_abcdefghijkl…"),
            ("sijil", "sijil"),
        ];
        for (text, expected) in rows {
            let (text, expected) = (text.replace("REST", rest), expected.replace("REST", rest));
            assert_eq!(masked(&text), expected, "{text}");
        }
    }
}
