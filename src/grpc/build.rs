//! Compiles the protocol files that ship inside the `eventstore` package. Invariant: needs no
//! protocol compiler on the machine.

#[path = "package.rs"]
mod package;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=package.rs");
    let protos = package::eventstore().join("protos");
    let files = ["streams.proto", "gossip.proto", "serverfeatures.proto"];
    let described = protox::compile(files, [&protos]).expect("the protocol files compile");
    tonic_prost_build::configure()
        .build_client(false)
        .bytes(".")
        .include_file("protocol.rs")
        .compile_fds(described)
        .expect("code can be made of the protocol files");
}
