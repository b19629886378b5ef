//! Tells the bench which commit it was built from. Invariant: without git, or outside a checkout,
//! it is the version.

use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])
        .unwrap_or_else(|| concat!("version ", env!("CARGO_PKG_VERSION")).to_owned());
    println!("cargo:rustc-env=SIJIL_COMMIT={commit}");
}
