//! What a command shows a server to say who asks. Invariant: a credential comes from a file, never
//! from an argument, since those of a process are everybody's to read.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use sijil_ledger::Secret;

use crate::{Listen, arguments::Arguments, error::CliError};

/// Where the credential of whoever holds a data directory stands in it.
const LOCAL: &str = "keys/local";

/// The credential for a server: that of the file that was named, else, for a server on this
/// machine, that of the data directory, if it has one.
pub(crate) fn of(arguments: &Arguments, url: &str) -> Result<Option<String>, CliError> {
    if let Some(file) = &arguments.credential {
        let text = fs::read_to_string(file).map_err(|e| CliError::file(file, &e))?;
        return Ok(Some(first_line(&text)));
    }
    let local = fs::read_to_string(arguments.data.join(LOCAL));
    Ok(local.ok().filter(|_| is_here(url)).map(|text| first_line(&text)))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// Whether a server is on this machine: nobody else is sent what opens everything here.
fn is_here(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Refuses to ask nobody who he is where others than this machine can come, and where the server is
/// told that they do.
pub(crate) fn check_open(listen: &Listen) -> Result<(), CliError> {
    let with = [
        ("--behind-proxy", !listen.guard.behind_proxy.is_empty()),
        ("--public-url", listen.public.is_some()),
    ];
    if let Some((word, _)) = with.into_iter().find(|(_, given)| listen.open && *given) {
        return Err(CliError::Use(format!(
            "--open: expected no {word}, which lets others than this machine come; leave --open \
             out, and give those who come a key"
        )));
    }
    let beyond = [Some(listen.http), listen.grpc];
    match beyond.into_iter().flatten().find(|address| !address.ip().is_loopback()) {
        Some(address) if listen.open => Err(CliError::Use(format!(
            "--open: expected an address of this machine alone, as in 127.0.0.1:7425, got \
             {address}; leave --open out, and give those who come a key"
        ))),
        _ => Ok(()),
    }
}

/// How to ask a server that serves a directory, in words.
pub(crate) fn how(data: &Path, listen: &Listen, code: Option<&Secret>) -> String {
    if listen.open {
        return "open: nobody is asked who he is, and nothing is vouched for".into();
    }
    let curl = data.join("keys/curl");
    let how = if curl.exists() {
        format!("curl -H @{}, or sijil --server with this --data", curl.display())
    } else {
        "with the credential for this run alone, as said above".into()
    };
    let link = code.and_then(|code| link(listen, code));
    format!("on this machine: {how}{}", link.unwrap_or_default())
}

/// The link by which whoever reads it signs in with a browser, once: from this machine alone, so
/// there is none to a server that is not found at a loopback address.
fn link(listen: &Listen, code: &Secret) -> Option<String> {
    let mut address = listen.http;
    if address.ip().is_unspecified() {
        let any: IpAddr =
            if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(any);
    }
    let (scheme, code) = (listen.guard.scheme(), code.shown_once());
    address.ip().is_loopback().then(|| {
        format!(
            "\nsign in with a browser, once, within 2 minutes: {scheme}://{address}/sign-in/{code}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_this_machine_is_sent_what_opens_it() {
        for here in ["http://127.0.0.1:7425", "http://localhost", "http://[::1]:80/x"] {
            assert!(is_here(here), "{here}");
        }
        for there in [
            "http://127.0.0.1.example",
            "http://localhost@example.org",
            "http://127.0.0.1:7425@example.org/",
            "https://books.example",
            "http://10.0.0.1",
            "http://example.org/127.0.0.1",
            "http://example.org#localhost",
        ] {
            assert!(!is_here(there), "{there}");
        }
    }
}
