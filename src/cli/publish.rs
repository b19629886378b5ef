//! `publish`: the views as tables for analysts. Invariant: it only reads the ledger; what it wrote
//! and how fast is data, on stdout.

use crate::{
    arguments::{Arguments, Publish},
    error::CliError,
    house::{Destination, House, Mode},
    opened, output,
};

/// `sijil publish`.
pub(crate) fn publish(
    house: &dyn House,
    arguments: &Arguments,
    publish: &Publish,
) -> Result<(), CliError> {
    if arguments.server.is_some() {
        return Err(CliError::Use(
            "publish reads a data directory: give --data, not --server; a server keeps tables up \
             with `sijil serve --publish URL`"
                .into(),
        ));
    }
    if publish.follow {
        return Err(CliError::Use(
            "--follow: the log of a data directory is followed by the process that writes it: run \
             `sijil serve --publish URL`; without --follow, tables are written once"
                .into(),
        ));
    }
    let ledger = opened(house, arguments, Mode::Read)?;
    let bar = output::bar("publishing rows", None);
    let destination = Destination { to: publish.to.clone(), tables: publish.tables.clone() };
    let done = house.publish(&ledger, &destination, &|rows| bar.set_position(rows));
    bar.finish_and_clear();
    ledger.stop();
    output::write_object(&done?, arguments.format)
}
