//! The way to a log in Postgres, encrypted. Invariant: the server is real, and so are its
//! certificates; whom nobody vouches for is not connected to.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    process::Command,
};

use sijil_log::postgres::PostgresLog;
use sijil_peers::Postgres;
use tempfile::TempDir;

/// A certificate for 127.0.0.1 that vouches for itself, and its key, where the server's user can
/// read them.
fn certificate(dir: &TempDir, name: &str) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) =
        (dir.path().join(format!("{name}.crt")), dir.path().join(format!("{name}.key")));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    if fs::metadata(&key).unwrap().uid() == 0 {
        let owned = Command::new("sh")
            .args(["-c", "chown postgres \"$1\" || chown nobody \"$1\"", "sh"])
            .arg(&key)
            .status()
            .unwrap();
        assert!(owned.success());
    }
    (certificate, key)
}

#[test]
fn a_connection_that_asks_for_it_is_encrypted_to_a_server_somebody_vouches_for() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (certificate_file, key) = certificate(&dir, "server");
    let (stranger, _) = certificate(&dir, "stranger");
    let shown = |path: &PathBuf| path.display().to_string();
    let Some(server) = Postgres::start_with(&[
        ("ssl", "on"),
        ("ssl_cert_file", &shown(&certificate_file)),
        ("ssl_key_file", &shown(&key)),
    ]) else {
        return;
    };
    let url = server.database("books");
    let tried = |url: &str, options: &str| {
        PostgresLog::connect(&format!("{url}?{options}").parse().unwrap(), true)
            .map_err(|error| error.to_string())
    };
    let encrypted = || {
        server.sql(
            "books",
            "SELECT DISTINCT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE \
             a.application_name = 'sijil'",
        )
    };
    let trusting = |roots: &PathBuf| format!("sslmode=verify-full&sslrootcert={}", roots.display());

    let log = tried(&url, &trusting(&certificate_file)).unwrap();
    sijil_log::mirror::SharedLog::end(&log).unwrap();
    assert_eq!(encrypted(), "t");
    drop(log);
    let refused = tried(&url, &trusting(&stranger)).err().unwrap();
    assert!(refused.contains("certificate"), "{refused}");
    // The certificate is for another name.
    let refused =
        tried(&url.replace("127.0.0.1", "localhost"), &trusting(&certificate_file)).err().unwrap();
    assert!(refused.contains("certificate"), "{refused}");
    let refused = tried(&url, &trusting(&dir.path().join("nothing"))).err().unwrap();
    assert!(refused.contains("cannot read certificates from"), "{refused}");

    let plain = Postgres::shared().unwrap().database("unencrypted");
    let refused = tried(&plain, &trusting(&certificate_file)).err().unwrap();
    assert!(refused.contains("TLS"), "it does not fall back: {refused}");
}
