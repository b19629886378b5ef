//! Finds the unpacked `eventstore` package, where the protocol is written down. Invariant: nothing
//! of it is copied into the project; the version is the one in `Cargo.lock`.

use std::{env, path::PathBuf, process::Command};

/// The directory cargo unpacked the package into.
pub fn eventstore() -> PathBuf {
    let cargo = env::var_os("CARGO").expect("cargo says where it is");
    let target = env::var("TARGET").expect("cargo says what it builds for");
    let asked = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
        "--filter-platform",
        &target,
    ];
    let answer = Command::new(cargo).args(asked).output().expect("cargo can be run");
    assert!(
        answer.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&answer.stdout).expect("cargo metadata answers in JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let found = packages
        .iter()
        .find(|package| package["name"] == "eventstore")
        .expect("eventstore is a dependency of sijil-log");
    let manifest = PathBuf::from(found["manifest_path"].as_str().expect("a path"));
    println!("cargo::rerun-if-changed={}", manifest.display());
    manifest.parent().expect("a manifest stands in a directory").to_path_buf()
}
