//! Points at the stream tests that ship inside the `eventstore` package. Invariant: they are
//! compiled where cargo unpacked them; nothing is copied.

#[path = "../../src/grpc/package.rs"]
mod package;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let tests = package::eventstore().join("tests");
    let module =
        |name: &str, file: &str| format!("#[path = {:?}]\nmod {name};\n", tests.join(file));
    let shipped = module("common", "common.rs") + &module("streams", "api/streams.rs");
    let out =
        std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write"));
    std::fs::write(out.join("shipped.rs"), shipped).expect("the output directory can be written");
}
