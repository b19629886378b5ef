//! What keeps a backup from strangers: who may open its personal objects, and who signed what is
//! in it. Invariant: what is sealed is opened by those it was sealed to alone; none of their
//! secrets is ever shown or put into a backup.

use std::{
    fmt,
    io::{Read, Write},
    sync::Arc,
};

use age::{Decryptor, Encryptor, IdentityFile, x25519};
use sijil_proof::note::{NoteError, SEED_BYTES, Signer, Vkey};

use crate::{error::BackupError, manifest::Manifest};

/// With what a backup is written.
#[derive(Clone, Default)]
pub struct Seal {
    /// The key that signs what is in it; nobody's signs if there is none.
    pub signing: Option<Signing>,
    /// To whom personal objects are sealed; to nobody leaves them in the clear.
    pub recipients: Recipients,
}

/// The key of a ledger, and the host by which the ledger is known outside.
#[derive(Clone)]
pub struct Signing {
    /// The first part of the key's name; the ledger and the incarnation are the others.
    pub host: String,
    /// The secret half.
    pub seed: [u8; SEED_BYTES],
}

impl Signing {
    /// The key, as what signs a ledger's incarnation.
    pub(crate) fn signer(&self, shelf: &str) -> Result<Signer, NoteError> {
        Signer::new(&format!("{}/{shelf}", self.host), &self.seed)
    }
}

/// With what a backup is read.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// What opens personal objects.
    pub identities: Identities,
    /// The key that must have signed the backup; any that it names, or none, if it is not said.
    pub signed_by: Option<Vkey>,
}

impl Keys {
    /// Refuses a manifest that another key signed than the one which must have, or none.
    pub(crate) fn check(&self, name: &str, manifest: &Manifest) -> Result<(), BackupError> {
        let Some(expected) = &self.signed_by else { return Ok(()) };
        let expected = expected.to_string();
        match &manifest.signed_by {
            Some(found) if *found == expected => Ok(()),
            found => Err(BackupError::NotSigned {
                name: name.to_owned(),
                expected,
                found: found.clone().unwrap_or_else(|| "nobody's signature".to_owned()),
            }),
        }
    }
}

/// Public halves of age keys: whoever has the secret half of one opens what is sealed.
#[derive(Clone, Default)]
pub struct Recipients(Vec<x25519::Recipient>);

impl Recipients {
    /// Those in the text of a file: one a line, as in `age1…`; empty lines and those that begin
    /// with `#` say nothing.
    pub fn parse(text: &str) -> Result<Recipients, String> {
        let lines = text.lines().map(str::trim).zip(1..);
        let told = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let one = |(line, number): (&str, u32)| {
            line.parse::<x25519::Recipient>()
                .map_err(|why| format!("line {number}: expected a recipient as in age1…: {why}"))
        };
        let all = told.map(one).collect::<Result<Vec<_>, String>>()?;
        if all.is_empty() {
            return Err("expected recipients, one a line, as in age1…; found none".to_owned());
        }
        Ok(Recipients(all))
    }

    /// Whether there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same bytes as an age file.
    pub(crate) fn sealed(&self, bytes: &[u8]) -> Result<Vec<u8>, BackupError> {
        let failed = BackupError::io("seal a personal object");
        let all = self.0.iter().map(|one| one as &dyn age::Recipient);
        let sealed = || {
            let encryptor = Encryptor::with_recipients(all).map_err(std::io::Error::other)?;
            let mut writer = encryptor.wrap_output(Vec::with_capacity(bytes.len() + 1024))?;
            writer.write_all(bytes)?;
            writer.finish()
        };
        sealed().map_err(failed)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(ToString::to_string)).finish()
    }
}

/// Secret halves of age keys.
#[derive(Clone, Default)]
pub struct Identities(Option<Arc<Opening>>);

type Opening = Vec<Box<dyn age::Identity + Send + Sync>>;

impl Identities {
    /// Those in the text of a file as `age-keygen` writes it.
    pub fn parse(text: &str) -> Result<Identities, String> {
        let none = |why: String| format!("expected AGE-SECRET-KEY-1… on a line: {why}");
        let file = IdentityFile::from_buffer(text.as_bytes()).map_err(|e| none(e.to_string()))?;
        let all = file.into_identities().map_err(|error| none(error.to_string()))?;
        if all.is_empty() {
            return Err(none("there is none".to_owned()));
        }
        Ok(Identities(Some(Arc::new(all))))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What is sealed in these bytes; the error says what is wrong with them.
    pub fn opened(&self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let decryptor = Decryptor::new(sealed).map_err(|error| error.to_string())?;
        let all = self.0.iter().flat_map(|all| all.iter()).map(|one| &**one as &dyn age::Identity);
        let mut reader = decryptor.decrypt(all).map_err(|error| error.to_string())?;
        let mut bytes = Vec::with_capacity(sealed.len());
        reader.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.iter().flat_map(|all| all.iter()).count())
    }
}
