#![doc = include_str!("README.md")]

mod access;
mod arguments;
mod audit;
mod bundle;
mod credential;
mod demo;
pub mod door;
mod error;
mod explain;
mod guard;
mod home;
mod house;
mod import;
pub mod keeping;
mod output;
mod persons;
mod proofs;
mod publish;
mod read;
mod restate;
mod scratch;
mod secret;
mod sending;
mod signing_in;
pub mod tiles;
mod write;

pub use arguments::{Arguments, Command, Tables};
pub use error::CliError;
pub use guard::{AuditReads, Guard};
pub use home::{Home, shown};
pub use house::{Beside, Destination, House, Listen, Mode};
pub use proofs::Witnessing;
pub use signing_in::SignIn;

use sijil_ledger::{Desk, ReadOnly};

use crate::{
    door::{Door, Server},
    output::say,
};

/// Where the words go: a server, or a ledger opened here.
struct Place {
    door: Box<dyn Door>,
    ledger: Option<Desk>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(ledger) = &self.ledger {
            ledger.stop();
        }
    }
}

fn opened(house: &dyn House, arguments: &Arguments, mode: Mode) -> Result<Desk, CliError> {
    let mode = if arguments.salvage { Mode::Salvage } else { mode };
    let bar = output::bar("opening", Some(0));
    let shown = bar.clone();
    let progress = Box::new(move |at, head| {
        shown.set_length(head);
        shown.set_position(at);
    });
    let ledger = house.open(&arguments.home(), mode, progress)?;
    bar.finish_and_clear();
    match ledger.read_only_because() {
        Some(ReadOnly::Copied(why)) => say(why),
        Some(ReadOnly::Salvaged(damaged)) => say(&format!("salvaging: {}", damaged.refusal())),
        Some(ReadOnly::Asked(_)) | None => (),
    }
    ledger.rolled_back().into_iter().for_each(say);
    Ok(ledger)
}

fn place(house: &dyn House, arguments: &Arguments, mode: Mode) -> Result<Place, CliError> {
    if let Some(url) = &arguments.server {
        let credential = credential::of(arguments, url)?;
        let server = Server::new(url, arguments.ca.as_deref(), credential)?;
        return Ok(Place { door: Box::new(server), ledger: None });
    }
    let ledger = opened(house, arguments, mode)?;
    Ok(Place { door: house.door(&ledger), ledger: Some(ledger) })
}

/// Where to ask for what every ledger says: a server of another release may say something else, a
/// data directory may not.
fn vocabulary(house: &dyn House, arguments: &Arguments) -> Result<Place, CliError> {
    if arguments.server.is_some() {
        return place(house, arguments, Mode::Read);
    }
    let ledger = house.blank()?;
    Ok(Place { door: house.door(&ledger), ledger: Some(ledger) })
}

/// Runs one command.
pub fn run(house: &dyn House, arguments: Arguments) -> Result<(), CliError> {
    let format = arguments.format;
    let asking = |run: &dyn Fn(&dyn Door) -> Result<(), CliError>| {
        run(&*place(house, &arguments, Mode::Read)?.door)
    };
    let signing = |run: &dyn Fn(&dyn Door) -> Result<(), CliError>| {
        run(&*place(house, &arguments, Mode::Sign)?.door)
    };
    let writing = |run: &dyn Fn(&dyn Door) -> Result<(), CliError>| {
        run(&*place(house, &arguments, Mode::Write)?.door)
    };
    match &arguments.command {
        Command::Serve(it) => serve(house, &arguments, it),
        Command::Publish(publish) => publish::publish(house, &arguments, publish),
        Command::Record(record) => {
            write::record(&*place(house, &arguments, Mode::Write)?.door, record, format)
        }
        Command::Import(import) => import::import(house, &arguments, import),
        Command::Export(filters) => asking(&|door| read::export(door, filters, format)),
        Command::Events(events) => asking(&|door| read::events(door, events, format)),
        Command::Query(query) => asking(&|door| read::query(door, &query.asked, format)),
        Command::Explain(explain) => asking(&|door| read::explain(door, explain, format)),
        Command::Restate(restate) => asking(&|door| restate::restate(door, restate, format)),
        Command::Replay(replay) => {
            audit::replay(&local(house, &arguments, "replay")?, replay, format)
        }
        Command::Rebuild(rebuild) => {
            audit::rebuild(&*place(house, &arguments, Mode::Write)?.door, rebuild, format)
        }
        Command::Verify { threads } => {
            if arguments.server.is_some() {
                return Err(CliError::Use(
                    "verify reads a data directory: give --data, not --server".into(),
                ));
            }
            audit::verify(house, &arguments.home(), *threads, format)
        }
        Command::Copy(arguments::Copying { from, to }) => {
            let bar = output::bar("copying", Some(0));
            let copied = house.copy(from, to, &|done, all| {
                bar.set_length(all);
                bar.set_position(done);
            });
            bar.finish_and_clear();
            output::write_object(&copied?, format)
        }
        Command::Adopt { as_clone } => adopt(house, &arguments, *as_clone),
        Command::Whoami => asking(&|door| access::whoami(door, format)),
        Command::User(it) => writing(&|door| access::user(door, it, format)),
        Command::Grant(it) => writing(&|door| access::grant(door, it, format)),
        Command::Revoke(it) => writing(&|door| access::revoke(door, it, format)),
        Command::Key(it) => writing(&|door| access::key(door, it, format)),
        Command::Persons(it) if it.writes() => writing(&|door| persons::run(door, it, format)),
        Command::Persons(it) => asking(&|door| persons::run(door, it, format)),
        Command::Status if arguments.server.is_none() => audit::status(house, &arguments, format),
        Command::Status => asking(&|door| read::status(door, format)),
        Command::Schemas { event_type } => {
            read::schemas(&*vocabulary(house, &arguments)?.door, event_type.as_deref(), format)
        }
        Command::Reports => read::reports(&*vocabulary(house, &arguments)?.door, format),
        Command::Proving(proofs::Proving::Check(check)) => proofs::check(check, format),
        Command::Proving(proofs::Proving::Witness(it)) => proofs::witness(house, it),
        Command::Proving(it) => signing(&|door| proofs::run(door, it, format)),
        Command::Demo(demo) => demo::demo(house, &arguments, demo),
        Command::Keeping(word) => keeping::keep(house, &arguments, word),
    }
}

/// Serves until it is told to stop.
fn serve(
    house: &dyn House,
    arguments: &Arguments,
    serve: &arguments::Serve,
) -> Result<(), CliError> {
    let doors = [(Some(serve.listen), "HTTP"), (serve.grpc, "gRPC")];
    let doors = doors.into_iter().filter_map(|(address, door)| Some((address?, door)));
    for (address, door) in doors.clone() {
        serve.guard.check(address, door)?;
    }
    let tables = serve
        .publish
        .as_ref()
        .map(|to| Destination { to: to.clone(), tables: serve.tables.clone() });
    let witnesses = serve.witness_policy.as_deref().map(proofs::policy).transpose()?;
    let beside = Beside { tables, backup: serve.backup.clone(), witnesses };
    let listen = Listen {
        http: serve.listen,
        grpc: serve.grpc,
        public: serve.public_url.clone(),
        open: serve.open,
        guard: serve.guard.clone(),
    };
    credential::check_open(&listen)?;
    let ledger = opened(house, arguments, Mode::Write)?;
    let (home, data) = (arguments.home(), arguments.data.clone());
    house.serve(
        &ledger,
        &arguments.home(),
        listen,
        beside,
        Box::new(move |listening, code| {
            let Listen { http, grpc, guard, .. } = &listening;
            let tls = guard.tls_cert.is_some();
            let also = grpc
                .map_or(String::new(), |address| format!(", and on esdb://{address}?tls={tls}"));
            let url = format!("{}://{http}", guard.scheme());
            say(&format!(
                "serving {home} on {url} (reference: {url}/docs){also}\n{}",
                credential::how(&data, &listening, code.as_ref())
            ));
        }),
    )
}

/// Makes a copied directory a log of its own.
fn adopt(house: &dyn House, arguments: &Arguments, as_clone: bool) -> Result<(), CliError> {
    if arguments.server.is_some() {
        return Err(CliError::Use(
            "adopt reads a data directory: give --data, not --server; a server that serves \
             a copy is stopped first"
                .into(),
        ));
    }
    output::write_object(&house.adopt(&arguments.home(), as_clone)?, arguments.format)
}

fn local(house: &dyn House, arguments: &Arguments, command: &str) -> Result<Desk, CliError> {
    if arguments.server.is_some() {
        return Err(CliError::Use(format!(
            "{command} reads a data directory: give --data, not --server; a server rebuilds with \
             `sijil rebuild --server`"
        )));
    }
    opened(house, arguments, Mode::Read)
}
