//! Signed notes: text with signatures by named Ed25519 keys, as <https://c2sp.org/signed-note>
//! says. Invariant: a note that is read is written again byte for byte, and only text that a known
//! key has signed leaves it as verified.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signature as Ed25519, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::{
    secret::SecretHalf,
    text::{decoded, encoded},
};

/// The type of plain Ed25519 signatures over the text.
const PLAIN: u8 = 0x01;
/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";
/// More signatures than these are not looked at.
pub const SIGNATURES_MAX: usize = 64;
/// How many bytes a secret key has.
pub const SEED_BYTES: usize = 32;

/// Why a note or key is none, or says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no note.
    #[error("expected a signed note, got a text in which {0}")]
    Malformed(&'static str),
    /// The text is no key.
    #[error("expected a key as in name+0badcafe+base64, got one in which {0}")]
    Key(&'static str),
    /// No key that is known has signed the note.
    #[error("expected a signature by {expected}, found {}", listed(.found))]
    Unknown {
        /// The keys that are known.
        expected: String,
        /// The names of those who signed.
        found: Vec<String>,
    },
    /// A signature by a key that is known does not fit the text.
    #[error("the signature by {key} is not one of this text: one of them was changed")]
    Forged {
        /// The key.
        key: String,
    },
}

/// Names in a sentence.
pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether a name can be a key's: not empty, without spaces and plus signs.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The id of a key: of its name, what it signs, and its public half.
pub(crate) fn key_id(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let hash =
        Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The public half of a key, by which signatures are verified; written as a vkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Vkey {
    /// Whose key it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The public half alone: two keys of one public half are one, however they are named.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }
    /// Whether a signature says that it is by this key.
    fn made(&self, signature: &Signature) -> bool {
        signature.id == self.id && signature.name == self.name
    }
    /// Whether a signature by this key is one of this text.
    fn fits(&self, text: &str, signature: &Signature) -> bool {
        let bytes = <[u8; 64]>::try_from(signature.bytes.as_slice());
        bytes.is_ok_and(|bytes| {
            self.key.verify_strict(text.as_bytes(), &Ed25519::from_bytes(&bytes)).is_ok()
        })
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&key_text(&self.name, self.id, PLAIN, &self.key))
    }
}

impl FromStr for Vkey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Vkey, NoteError> {
        let (name, id, key) = key_of(text, PLAIN)?;
        Ok(Vkey { name, id, key })
    }
}

/// A public key as text: name, id, and what it signs before its bytes.
pub(crate) fn key_text(name: &str, id: [u8; 4], kind: u8, key: &VerifyingKey) -> String {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(key.as_bytes());
    format!("{name}+{:08x}+{}", u32::from_be_bytes(id), encoded(&bytes))
}

/// Name, id and public half of a key of this kind.
pub(crate) fn key_of(text: &str, kind: u8) -> Result<(String, [u8; 4], VerifyingKey), NoteError> {
    let mut parts = text.splitn(3, '+');
    let mut part = || parts.next().ok_or(NoteError::Key("parts are missing"));
    let (name, id, key) = (part()?, part()?, part()?);
    if !is_name(name) {
        return Err(NoteError::Key("the name is empty, or holds a space"));
    }
    let bytes = decoded(key).ok_or(NoteError::Key("the key is not base64"))?;
    let Some((got, key)) = bytes.split_first() else {
        return Err(NoteError::Key("there is no key"));
    };
    if *got != kind {
        return Err(NoteError::Key(match kind {
            PLAIN => "the key is not of the type of logs, Ed25519 (1)",
            _ => "the key is not of the type of witnesses, cosignatures by Ed25519 (4)",
        }));
    }
    let key: [u8; 32] = key.try_into().map_err(|_| NoteError::Key("the key is cut short"))?;
    let expected = key_id(name, kind, &key);
    if id != format!("{:08x}", u32::from_be_bytes(expected)) {
        return Err(NoteError::Key("the checksum is not that of name and key"));
    }
    let key = VerifyingKey::from_bytes(&key)
        .ok()
        .filter(|key| !key.is_weak())
        .ok_or(NoteError::Key("the key is no point that anybody can sign with"))?;
    Ok((name.to_owned(), expected, key))
}

/// A log's key, which signs texts.
pub type Signer = SecretHalf<Vkey>;

impl Signer {
    /// The key of this name made of 32 secret bytes.
    pub fn new(name: &str, seed: &[u8; SEED_BYTES]) -> Result<Signer, NoteError> {
        SecretHalf::made(name, seed, PLAIN, |name, id, key| Vkey { name, id, key })
    }
    /// Its signature of a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> Signature {
        let Vkey { name, id, .. } = self.vkey();
        Signature::new(name.clone(), *id, self.signed(text).to_vec())
    }
}

/// One signature of a note, by whatever key it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl Signature {
    /// Who signed, by what the line says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// One that a key makes by another rule than that of plain signatures.
    pub(crate) const fn new(name: String, id: [u8; 4], bytes: Vec<u8>) -> Signature {
        Signature { name, id, bytes }
    }
    /// What was signed with, if the line says that it is by this key.
    pub(crate) fn by(&self, name: &str, id: [u8; 4]) -> Option<&[u8]> {
        (self.name == name && self.id == id).then_some(&self.bytes)
    }
    /// The signatures of a text that holds nothing else, one a line.
    pub fn list(text: &str) -> Result<Vec<Signature>, NoteError> {
        let lines = text.strip_suffix('\n').unwrap_or_default().split('\n');
        if lines.clone().count() > SIGNATURES_MAX {
            return Err(NoteError::Malformed("there are more signatures than anybody needs"));
        }
        lines.map(Signature::read).collect()
    }
    fn read(line: &str) -> Result<Signature, NoteError> {
        let malformed = || NoteError::Malformed("a line of signatures is none");
        let (name, base64) =
            line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        let bytes = decoded(base64).ok_or_else(malformed)?;
        let (id, rest) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
        if !is_name(name) || rest.is_empty() {
            return Err(malformed());
        }
        Ok(Signature { name: name.to_owned(), id: *id, bytes: rest.to_vec() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_vec();
        bytes.extend_from_slice(&self.bytes);
        writeln!(f, "{DASH}{} {}", self.name, encoded(&bytes))
    }
}

/// A text and its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A text signed by these keys. It must end with a newline, as every line of it does.
    pub fn new(text: String, signers: &[&Signer]) -> Result<Note, NoteError> {
        plain(&text)?;
        let signatures = signers.iter().map(|signer| signer.sign(&text)).collect();
        Ok(Note { text, signatures })
    }
    /// The text, whoever signed it: only [`Note::verified`] says that somebody did.
    #[must_use]
    pub fn unverified(&self) -> &str {
        &self.text
    }
    /// The signatures.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
    /// The note with one more signature, unless there is one of that key.
    #[must_use]
    pub fn with(mut self, signature: Signature) -> Note {
        let is_there = |one: &Signature| one.name == signature.name && one.id == signature.id;
        if !self.signatures.iter().any(is_there) {
            self.signatures.push(signature);
        }
        self
    }
    /// The note with the signatures of these keys alone.
    #[must_use]
    pub fn only(&self, keys: &[Vkey]) -> Note {
        let known = |one: &&Signature| keys.iter().any(|key| key.made(one));
        let signatures = self.signatures.iter().filter(known).cloned().collect();
        Note { text: self.text.clone(), signatures }
    }
    /// The text, if one of these keys has signed it, and none of them another.
    pub fn verified(&self, keys: &[Vkey]) -> Result<&str, NoteError> {
        let mut signed = false;
        for signature in &self.signatures {
            // Others than these are nobody's, whatever they say.
            let Some(key) = keys.iter().find(|key| key.made(signature)) else { continue };
            if !key.fits(&self.text, signature) {
                return Err(NoteError::Forged { key: key.name.clone() });
            }
            signed = true;
        }
        if signed {
            return Ok(&self.text);
        }
        let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let found = self.signatures.iter().map(|signature| signature.name.clone()).collect();
        Err(NoteError::Unknown { expected: listed(&names), found })
    }
}

/// Whether a text can be signed: lines, and no control characters but their ends.
fn plain(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the last line does not end"));
    }
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed("there are control characters"));
    }
    Ok(())
}

impl FromStr for Note {
    type Err = NoteError;
    fn from_str(note: &str) -> Result<Note, NoteError> {
        plain(note)?;
        let (text, signatures) = note
            .rsplit_once("\n\n")
            .ok_or(NoteError::Malformed("no empty line stands before the signatures"))?;
        Ok(Note { text: format!("{text}\n"), signatures: Signature::list(signatures)? })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n{}",
            self.text,
            self.signatures.iter().map(ToString::to_string).collect::<String>()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification itself.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3\
        mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn signer(name: &str, byte: u8) -> Signer {
        Signer::new(name, &[byte; SEED_BYTES]).unwrap()
    }

    #[test]
    fn the_vector_of_the_specification_is_accepted() {
        let key: Vkey = VKEY.parse().unwrap();
        let note: Note = NOTE.parse().unwrap();
        assert_eq!(note.verified(std::slice::from_ref(&key)), Ok("This is an example message.\n"));
        assert_eq!((note.to_string().as_str(), key.to_string().as_str()), (NOTE, VKEY));
    }

    #[test]
    fn each_byte_of_a_note_counts() {
        let key: Vkey = VKEY.parse().unwrap();
        for at in 0..NOTE.len() {
            for bit in 0..8 {
                let mut bytes = NOTE.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let note = String::from_utf8(bytes).ok().and_then(|text| text.parse::<Note>().ok());
                let accepted = note.is_some_and(|n| n.verified(std::slice::from_ref(&key)).is_ok());
                assert!(!accepted, "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn each_character_of_a_key_counts() {
        for at in 0..VKEY.len() {
            let mut bytes = VKEY.as_bytes().to_vec();
            bytes[at] ^= 1;
            let read = String::from_utf8(bytes).unwrap().parse::<Vkey>();
            assert!(read.is_err(), "character {at}");
        }
    }

    #[test]
    fn foreigners_accept_ours_and_we_theirs() {
        let ours = signer("books.example/L/1", 7);
        let note = Note::new("one\n\ntwo\n".into(), &[&ours, &signer("other", 8)]).unwrap();
        let theirs = signed_note::StandardVerifier::new(&ours.vkey().to_string()).unwrap();
        let known = signed_note::VerifierList::new(vec![Box::new(theirs)]);
        let read = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
        let (verified, unknown) = read.verify(&known).unwrap();
        assert_eq!((verified.len(), unknown.len()), (1, 1));

        let (seed, name) = ([9; SEED_BYTES], "theirs.example");
        let key = signer(name, 9);
        let id = key.vkey().to_string().split('+').nth(1).unwrap().to_owned();
        let secret = [vec![PLAIN], seed.to_vec()].concat();
        let private = format!("PRIVATE+KEY+{name}+{id}+{}", encoded(&secret));
        let foreign = signed_note::StandardSigner::new(&private).unwrap();
        let mut made = signed_note::Note::new(b"three\n", &[]).unwrap();
        made.add_sigs(&[&foreign]).unwrap();
        let read: Note = String::from_utf8(made.to_bytes()).unwrap().parse().unwrap();
        assert_eq!(read.verified(&[key.vkey().clone()]), Ok("three\n"));
        assert_eq!(read, Note::new("three\n".into(), &[&key]).unwrap());
    }

    #[test]
    fn who_did_not_sign_is_named() {
        let note = Note::new("x\n".into(), &[&signer("a", 1)]).unwrap();
        let other = signer("b", 2);
        let error = note.verified(&[other.vkey().clone()]).unwrap_err().to_string();
        assert_eq!(error, format!("expected a signature by {}, found a", other.vkey()));
        // The same name with another key is another signer, and not a forgery.
        let same = note.verified(&[signer("a", 2).vkey().clone()]);
        assert!(matches!(same, Err(NoteError::Unknown { .. })), "{same:?}");
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let good = "t\n\n\u{2014} a AAAAAAE=\n";
        assert!(good.parse::<Note>().is_ok());
        let line = "\u{2014} a AAAAAAE=\n";
        let many = format!("t\n\n{}", line.repeat(SIGNATURES_MAX + 1));
        for wrong in [
            "",
            "t\n",
            "t\n\n",
            "t\n\u{2014} a AAAAAAE=\n",
            "t\n\n\u{2014} a AAAAAAE=",
            "t\n\n\u{2014} a AAAAAA==\n",
            "t\n\n\u{2014} a+b AAAAAAE=\n",
            "t\n\n\u{2014}  AAAAAAE=\n",
            "t\n\n- a AAAAAAE=\n",
            "t\r\n\n\u{2014} a AAAAAAE=\n",
            &many,
        ] {
            assert!(wrong.parse::<Note>().is_err(), "{wrong:?}");
        }
    }
}
