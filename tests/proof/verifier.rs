//! `verify.py`, alone on a machine that has Python. Invariant: it accepts what the room accepts,
//! and refuses what it refuses, in another language and by another hand.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use sijil_proof::{
    VERIFIER,
    path::{consistency, lines},
};

use super::{
    naive::Naive,
    receipts::{checkpoint, receipt, signer},
};

/// Runs Python with the verifier's text before a script; standard input is the proof.
fn python(script: &str, arguments: &[&str], input: &str) -> Output {
    let program = VERIFIER.replace("if __name__ == \"__main__\":", "if False:") + script;
    let mut child = Command::new("python3")
        .args(["-I", "-c", &program])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    // Whoever does not read to the end has said why.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn checked(key: &str, proof: &str) -> (Option<i32>, String) {
    let script = "\nsys.exit(main([sys.argv[1], \"/dev/stdin\"]))\n";
    told(&python(script, &[key], proof))
}

#[test]
fn it_accepts_ours() {
    let key = signer().vkey().to_string();
    for (index, size) in [(0, 1), (1, 2), (256, 257), (100, 300)] {
        let (code, text) = checked(&key, &receipt(index, size).to_string());
        assert_eq!(code, Some(0), "{text}");
        assert!(text.starts_with(&format!("yes: record {} of {size} of ", index + 1)), "{text}");
    }
}

#[test]
fn it_says_why_not() {
    let key = signer().vkey().to_string();
    let other = sijil_proof::note::Signer::new("other.example", &[1; 32]).unwrap();
    let good = receipt(3, 7).to_string();
    for (key, proof, code, why) in [
        (other.vkey().to_string(), good.clone(), 1, "no: the checkpoint is not signed by other"),
        (key.clone(), good.replace("index 3", "index 2"), 1, "no: the path does not lead"),
        (key.clone(), good.replace("index 3", "index 03"), 4, "unreadable: expected a whole"),
        (key.clone(), "nothing".into(), 4, "unreadable: expected a proof of the form c2sp.org/"),
        (key.replace('+', "-"), good.clone(), 4, "unreadable: "),
        (key.replacen('+', "x+", 1), good, 4, "unreadable: the key is none of Ed25519"),
    ] {
        let (got, text) = checked(&key, &proof);
        assert_eq!((got, text.starts_with(why)), (Some(code), true), "{text}");
    }
    assert_eq!(told(&python("\nsys.exit(main([]))\n", &[], "")).0, Some(2));
}

/// Every byte of a proof as another, in one process: one a change would take minutes.
#[test]
fn each_byte_of_a_proof_counts_there_too() {
    let script = r#"
key, proof = key_of(sys.argv[1]), sys.stdin.buffer.read()
assert check_proof(key, proof.decode())[:2] == (3, 7)
refused = 0
for at in range(len(proof)):
    for other in (proof[at] ^ 1, proof[at] ^ 0x20, 0x0A):
        if other == proof[at]:
            continue
        changed = proof[:at] + bytes([other]) + proof[at + 1:]
        try:
            check_proof(key, changed.decode())
        except (No, Unreadable, UnicodeDecodeError):
            refused += 1
        else:
            sys.exit(f"accepted {other} at {at}")
print(refused >= 2 * len(proof))
"#;
    let output = python(script, &[&signer().vkey().to_string()], &receipt(3, 7).to_string());
    assert_eq!(told(&output), (Some(0), "True\n".to_owned()));
}

#[test]
fn it_knows_the_vectors_of_others() {
    // RFC 8032, section 7.1, tests 1 to 3; and the note of c2sp.org/signed-note.
    let script = r#"
for key, text, signature in [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]:
    key, text, signature = map(bytes.fromhex, (key, text, signature))
    assert is_signature(key, text, signature)
    assert not is_signature(key, text + b"x", signature)
    for at in range(64):
        other = bytearray(signature)
        other[at] ^= 1
        assert not is_signature(key, text, bytes(other)), at
name, id_, key = key_of("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
signature = ("Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72"
             "IneyaQM=")
assert is_signature(key, b"This is an example message.\n", from_base64(signature)[4:])
"#;
    assert_eq!(told(&python(script, &[], "")), (Some(0), String::new()));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the room is pure, and the script reads files")]
fn it_knows_the_beginning_of_a_log() {
    let note = |size| checkpoint(size).signed(&[&signer()]).unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let key = file("key", &format!("{}\n", signer().vkey()));
    let script = "\nsys.exit(main(sys.argv[1:]))\n";
    for (early, late) in [(0, 9), (1, 9), (4, 9), (7, 9), (9, 9)] {
        let path =
            consistency(&Naive::new(late), early, late).unwrap_or_else(|never| match never {});
        let hashes = lines(&path);
        let (older, newer) = (file("older", &note(early)), file("newer", &note(late)));
        let proof = file("path", &hashes);
        let (code, text) = told(&python(script, &[&key, &older, &newer, &proof], ""));
        assert_eq!(code, Some(0), "{text}");
        // As the server answers it.
        let hashes: Vec<String> = path.iter().map(sijil_proof::base64).collect();
        let answer = file("path", &format!("{{\"path\": {hashes:?}}}"));
        let (code, text) = told(&python(script, &[&key, &older, &newer, &answer], ""));
        assert_eq!(code, Some(0), "{text}");
        let wrong = file("path", &format!("{}{}", lines(&path), lines(&[[7; 32]])));
        let (code, text) = told(&python(script, &[&key, &older, &newer, &wrong], ""));
        assert_eq!(code, Some(1), "{text}");
    }
    let same = file("older", &note(5));
    let empty = file("path", "");
    let (code, text) = told(&python(script, &[&key, &same, &file("newer", &note(4)), &empty], ""));
    assert_eq!((code, text.starts_with("no: the log of 5 records")), (Some(1), true), "{text}");
}
