//! How a row is named in a question: by the values of its key columns, as in a line of CSV.
//! Invariant: every row can be named, and what names it is read back as it was.
//!
//! Values stand in the order of the columns, between commas. One that holds a comma or a quotation
//! mark, or is empty, stands in quotation marks, those within it twice. Nothing at all between two
//! commas is null.

/// The values of a row's key columns; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey(pub Vec<Option<String>>);

impl RowKey {
    /// Reads it as it is written in a query or on a command line; the error says what is wrong.
    ///
    /// ```
    /// use sijil_projections::report::RowKey;
    /// let key = RowKey::parse(r#"EUR,,"Miller, Sons""#)?;
    /// assert_eq!(key.0, [Some("EUR".to_owned()), None, Some("Miller, Sons".to_owned())]);
    /// assert_eq!(key.to_string(), r#"EUR,,"Miller, Sons""#);
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn parse(text: &str) -> Result<RowKey, &'static str> {
        let (mut values, mut rest) = (Vec::new(), text);
        loop {
            let (value, after) = value(rest)?;
            values.push(value);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(RowKey(values)),
                None => return Err("a comma after the closing quotation mark"),
            }
        }
    }
}

fn value(text: &str) -> Result<(Option<String>, &str), &'static str> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let plain = &text[..end];
        if plain.contains('"') {
            return Err("a value with a quotation mark within quotation marks, that mark twice");
        }
        return Ok(((!plain.is_empty()).then(|| plain.to_owned()), &text[end..]));
    };
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or("a closing quotation mark")?;
        value.push_str(before);
        let Some(next) = after.strip_prefix('"') else { return Ok((Some(value), after)) };
        value.push('"');
        rest = next;
    }
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, value) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            match value {
                None => (),
                Some(value) if value.is_empty() || value.contains([',', '"']) => {
                    write!(f, "\"{}\"", value.replace('"', "\"\""))?;
                }
                Some(value) => f.write_str(value)?,
            }
        }
        Ok(())
    }
}
