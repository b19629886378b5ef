//! The words of an expression: which columns it names, and through what. Invariant: what stands
//! inside a quoted text is no word, save between `${` and `}` in backticks.

/// A piece of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'e> {
    Word(&'e str),
    /// A quoted text, as it stands between its quotes.
    Quoted(&'e str),
    /// `.` or `?.`.
    Dot,
    Sign(char),
}

/// A column that is read from a value by its name: `l.qty`, `l?.qty`, `l["qty"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access<'e> {
    /// The word the column is read from; none if it is a longer expression.
    pub(crate) of: Option<&'e str>,
    pub(crate) column: &'e str,
    /// Whether it is written in brackets, where it may be any text.
    pub(crate) quoted: bool,
}

/// Functions that take rows and give one value of a column.
const SUMMARIES: &[&str] = &["sum", "least", "most", "count"];

/// Cuts an expression into its pieces.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut at) = (Vec::new(), 0);
    // For each open `${`: how many braces are open inside it.
    let mut templates: Vec<usize> = Vec::new();
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match c {
            '"' | '\'' => {
                let inside = quoted(&text[at..], c);
                found.push(Token::Quoted(&text[at..at + inside]));
                at = (at + inside + 1).min(text.len());
            }
            '`' => at = template(text, at, &mut templates),
            '}' if templates.last() == Some(&0) => {
                templates.pop();
                at = template(text, at, &mut templates);
            }
            '{' | '}' => {
                if let Some(depth) = templates.last_mut() {
                    *depth = if c == '{' { *depth + 1 } else { depth.saturating_sub(1) };
                }
                found.push(Token::Sign(c));
            }
            '?' if text[at..].starts_with('.') => {
                at += 1;
                found.push(Token::Dot);
            }
            '.' => found.push(Token::Dot),
            c if c.is_alphanumeric() || c == '_' => {
                at += text[at..]
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(text.len() - at);
                found.push(Token::Word(&text[start..at]));
            }
            c if c.is_whitespace() => {}
            c => found.push(Token::Sign(c)),
        }
    }
    found
}

/// Bytes until the closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return i,
            _ => {}
        }
    }
    text.len()
}

/// Where the code goes on: behind the `${` of a template, or behind its end.
fn template(text: &str, from: usize, templates: &mut Vec<usize>) -> usize {
    let rest = &text[from..];
    match (rest.find('`'), rest.find("${")) {
        (end, Some(code)) if end.is_none_or(|end| code < end) => {
            templates.push(0);
            from + code + 2
        }
        (Some(end), _) => from + end + 1,
        (None, _) => text.len(),
    }
}

/// Every column that is read from a value by name. A method is none.
pub(crate) fn accesses<'e>(tokens: &[Token<'e>]) -> Vec<Access<'e>> {
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let of = |at: usize| match (
            at.checked_sub(1).map(|i| tokens[i]),
            at.checked_sub(2).map(|i| tokens[i]),
        ) {
            (Some(Token::Word(word)), before) if before != Some(Token::Dot) => Some(word),
            _ => None,
        };
        match (token, tokens.get(i + 1), tokens.get(i + 2)) {
            (Token::Dot, Some(Token::Word(column)), after)
                if after != Some(&Token::Sign('(')) && !is_number(column) =>
            {
                found.push(Access { of: of(i), column, quoted: false });
            }
            (Token::Sign('['), Some(Token::Quoted(column)), Some(Token::Sign(']'))) => {
                // `x?["a"]` has a sign between the word and the bracket.
                let safe =
                    i.checked_sub(1).is_some_and(|before| tokens[before] == Token::Sign('?'));
                let before = if safe { i - 1 } else { i };
                let is_index = before
                    .checked_sub(1)
                    .is_some_and(|b| matches!(tokens[b], Token::Word(_) | Token::Sign(')' | ']')));
                if is_index {
                    found.push(Access { of: of(before), column, quoted: true });
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether the value of this word may be kept as a whole, and not only its columns read: then
/// nobody knows which columns will be asked for.
pub(crate) fn kept_whole(tokens: &[Token<'_>], word: &str) -> bool {
    tokens.iter().enumerate().any(|(i, token)| {
        if *token != Token::Word(word) || i.checked_sub(1).is_some_and(|b| tokens[b] == Token::Dot)
        {
            return false;
        }
        let after = |n: usize| tokens.get(i + n);
        let before = |n: usize| i.checked_sub(n).map(|b| tokens[b]);
        let column = matches!((after(1), after(2)), (Some(Token::Dot), Some(Token::Word(_))))
            && after(3) != Some(&Token::Sign('('));
        let index =
            matches!((after(1), after(2)), (Some(Token::Sign('[')), Some(Token::Quoted(_))))
                || matches!(
                    (after(1), after(2), after(3)),
                    (Some(Token::Sign('?')), Some(Token::Sign('[')), Some(Token::Quoted(_)))
                );
        let compared =
            matches!((after(1), after(2)), (Some(Token::Sign('=' | '!')), Some(Token::Sign('='))));
        let summed = before(1) == Some(Token::Sign('('))
            && matches!(before(2), Some(Token::Word(name)) if SUMMARIES.contains(&name));
        !(column || index || compared || summed)
    })
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{accesses, kept_whole, tokens};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown = accesses(&tokens(text))
            .iter()
            .map(|a| {
                format!("{}.{}{}", a.of.unwrap_or("?"), a.column, if a.quoted { "\"" } else { "" })
            })
            .collect::<Vec<_>>();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn columns_that_are_read() {
        check("l.qty * l?.price", &["l.qty", "l.price"]);
        check(r#"row["case"] + row?["Invoice No."]"#, &["row.case\"", "row.Invoice No.\""]);
        check(r#""a.b" + lines.map(|l| l.net)"#, &["l.net"]);
        check("`${a.b}: c.d ${if x { y.z } else { `${q.r}` }} e.f`", &["a.b", "y.z", "q.r"]);
        check("lines[0].net + a.b.c", &["?.net", "a.b", "?.c"]);
        check(r#"["x"] + 1.5 + "\"a.b""#, &[]);
    }

    #[test]
    fn rows_that_are_kept() {
        for (text, expected) in [
            ("p", true),
            ("p.name", false),
            (r#"p["name"]"#, false),
            ("p?.name ?? \"x\"", false),
            ("if p != () { p.name }", false),
            ("if a { p } else { () }", true),
            ("sum(p, \"net\") + count(p)", false),
            ("p.filter(|l| l.net > 0)", true),
            ("a.p", false),
            ("\"p\"", false),
        ] {
            assert_eq!(kept_whole(&tokens(text), "p"), expected, "{text}");
        }
    }
}
