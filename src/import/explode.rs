//! Lists in cells as rows of their own. Invariant: every element becomes one row, and a row without
//! elements stays one row with a missing cell, so that nothing is lost in silence.

use std::{io, rc::Rc};

use rhai::Dynamic;

use crate::{
    error::{ImportError, MappingError},
    expression::shown,
    store::Table,
    strip::{Memory, Strip},
    table_spec::Explode,
};

/// Turns the lists of a table's columns into rows, one per element; several lists of a row go side
/// by side.
///
/// # Errors
/// A column there is not, a cell that is no list, lists of one row with different numbers of
/// elements.
pub(crate) fn exploded(
    table: &mut Table,
    explode: &Explode,
    memory: &Rc<Memory>,
) -> Result<(), ImportError> {
    let at = format!("tables.{}.explode", table.name);
    let places = explode.columns.iter().map(|name| {
        table.column(name).ok_or_else(|| MappingError::rule(&at, table.no_column(name)))
    });
    let places = places.collect::<Result<Vec<usize>, MappingError>>()?;
    let (mut rows, mut numbers) = (Vec::new(), Strip::new(memory.clone()));
    let mut elements = vec![Strip::new(memory.clone()); places.len()];
    for row in 0..table.len() {
        let cells = places
            .iter()
            .map(|place| table.cells[*place].get(row))
            .collect::<io::Result<Vec<_>>>()?;
        let lists = cells.iter().map(|cell| list(cell, explode.by.as_deref()));
        let lists = lists
            .collect::<Result<Vec<_>, String>>()
            .map_err(|what| wrong(table, row, explode, what))?;
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        if lists.iter().any(|list| list.len() != longest && !list.is_empty()) {
            let lengths = explode
                .columns
                .iter()
                .zip(&lists)
                .map(|(name, list)| format!("{name} {}", list.len()))
                .collect::<Vec<_>>()
                .join(", ");
            return Err(wrong(table, row, explode, format!("lists of one length, got {lengths}")));
        }
        for number in 0..longest.max(1) {
            rows.push(row);
            numbers.push(if longest == 0 {
                Dynamic::UNIT
            } else {
                Dynamic::from_int(i64::try_from(number + 1).unwrap_or(i64::MAX))
            })?;
            elements.iter_mut().zip(&lists).try_for_each(|(cells, list)| {
                cells.push(list.get(number).cloned().unwrap_or(Dynamic::UNIT))
            })?;
        }
    }
    table.rearrange(&rows)?;
    places.into_iter().zip(elements).for_each(|(place, cells)| table.cells[place] = cells);
    if let Some(index) = &explode.index {
        table.add_column(index, numbers);
    }
    Ok(())
}

fn wrong(table: &Table, row: usize, explode: &Explode, expected: String) -> ImportError {
    ImportError::Read {
        place: table.place(row),
        what: format!("explode {}: expected {expected}", explode.columns.join(", ")),
    }
}

/// The elements of a cell; a missing one has none.
fn list(cell: &Dynamic, by: Option<&str>) -> Result<Vec<Dynamic>, String> {
    if cell.is_unit() {
        return Ok(Vec::new());
    }
    if let Ok(list) = cell.as_array_ref() {
        return Ok(list.to_vec());
    }
    match (cell.as_immutable_string_ref(), by) {
        (Ok(text), Some(by)) if !by.is_empty() => {
            Ok(elements(&text, by).map(|part| part.map_or(Dynamic::UNIT, Into::into)).collect())
        }
        (Ok(_), _) => Err(format!(
            "a list, got {}: say `by`, what stands between the elements of a text",
            shown(cell)
        )),
        _ => Err(format!("a list, got {}", shown(cell))),
    }
}

/// The elements of a text; one with nothing in it is missing.
pub(crate) fn elements<'t>(text: &'t str, by: &'t str) -> impl Iterator<Item = Option<&'t str>> {
    text.split(by).map(str::trim).map(|part| (!part.is_empty()).then_some(part))
}
