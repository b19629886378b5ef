//! Policies: whose cosignatures a checkpoint must carry, in the words of
//! <https://c2sp.org/tlog-policy>. Invariant: each witness counts once, whatever names it has, and
//! a policy that is read says exactly one quorum.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use crate::{
    cosignature::WitnessKey,
    note::{Note, Vkey},
    text::number,
};

/// Policies of more lines than these are nobody's.
const LINES_MAX: usize = 1_024;

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct PolicyError {
    /// The line, from 1; the one behind the last, if something is missing.
    pub line: usize,
    /// What was expected there.
    pub why: String,
}

/// A log whose checkpoints are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Its key, named after its origin.
    pub key: Vkey,
    /// Where it is.
    pub url: Option<String>,
}

/// A witness that may count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWitness {
    /// What the policy calls it.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Where it takes checkpoints, before `/add-checkpoint`.
    pub url: Option<String>,
}

/// What must hold for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// The witness of this number cosigned.
    Witness(usize),
    /// So many of these hold.
    Group { needed: usize, of: Vec<String> },
}

/// Which logs, which witnesses, and how many of them are enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    rules: BTreeMap<String, Rule>,
    /// `None` if nobody need cosign.
    quorum: Option<String>,
}

impl Policy {
    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[KnownLog] {
        &self.logs
    }
    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[KnownWitness] {
        &self.witnesses
    }
    /// Those whose cosignatures a note carries.
    pub fn cosigners<'p>(&'p self, note: &Note) -> Vec<&'p KnownWitness> {
        self.witnesses.iter().filter(|one| one.key.among(note).is_some()).collect()
    }
    /// Whether a note carries the cosignatures that are asked for. Whether the log signed it is
    /// another question.
    #[must_use]
    pub fn holds(&self, note: &Note) -> bool {
        let signed: Vec<bool> =
            self.witnesses.iter().map(|one| one.key.among(note).is_some()).collect();
        self.quorum.as_ref().is_none_or(|name| self.is_met(name, &signed))
    }
    /// Groups name only what stands above them, so this ends.
    fn is_met(&self, name: &str, signed: &[bool]) -> bool {
        match &self.rules[name] {
            Rule::Witness(number) => signed[*number],
            Rule::Group { needed, of } => {
                of.iter().filter(|one| self.is_met(one, signed)).count() >= *needed
            }
        }
    }
}

/// A policy as far as it was read.
#[derive(Default)]
struct Draft {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    rules: BTreeMap<String, Rule>,
    grouped: BTreeSet<String>,
    quorum: Option<Option<String>>,
}

impl Draft {
    fn add(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["group", name, how, of @ ..] => self.group(name, how, of),
            ["quorum", name] => self.quorum(name),
            [word, ..] => Err(format!(
                "expected log VKEY [URL], witness NAME VKEY [URL], group NAME any|all|N NAME… or \
                 quorum NAME, got {word:?} and {} words more",
                words.len() - 1
            )),
            [] => Ok(()),
        }
    }
    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), String> {
        let key: Vkey = key.parse().map_err(|error| format!("{error}"))?;
        if self.logs.iter().any(|one| one.key.bytes() == key.bytes()) {
            return Err(format!("the key of {} stands there twice", key.name()));
        }
        self.logs.push(KnownLog { key, url: url.map(ToOwned::to_owned) });
        Ok(())
    }
    fn name(&mut self, name: &str, rule: Rule) -> Result<(), String> {
        if name == "none" {
            return Err("the name none is taken: it means that nobody need cosign".to_owned());
        }
        match self.rules.insert(name.to_owned(), rule) {
            None => Ok(()),
            Some(_) => Err(format!("the name {name} stands there twice")),
        }
    }
    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), String> {
        let key: WitnessKey = key.parse().map_err(|error| format!("{error}"))?;
        if let Some(same) = self.witnesses.iter().find(|one| one.key.bytes() == key.bytes()) {
            return Err(format!("{name} has the key of {}", same.name));
        }
        self.name(name, Rule::Witness(self.witnesses.len()))?;
        let (name, url) = (name.to_owned(), url.map(ToOwned::to_owned));
        self.witnesses.push(KnownWitness { name, key, url });
        Ok(())
    }
    fn known(&self, name: &str) -> Result<(), String> {
        let missing = || format!("expected a witness or group of a line above, got {name:?}");
        self.rules.contains_key(name).then_some(()).ok_or_else(missing)
    }
    fn group(&mut self, name: &str, how: &str, of: &[&str]) -> Result<(), String> {
        let needed = match how {
            "any" => Some(1),
            "all" => Some(of.len()),
            count => number(count).and_then(|count| usize::try_from(count).ok()),
        };
        let needed = needed.filter(|needed| (1..=of.len()).contains(needed)).ok_or_else(|| {
            format!("expected any, all or 1 to {} before the members, got {how:?}", of.len())
        })?;
        for member in of {
            self.known(member)?;
            // Else one witness could count twice.
            if !self.grouped.insert((*member).to_owned()) {
                return Err(format!("{member} is a member already"));
            }
        }
        self.name(name, Rule::Group { needed, of: of.iter().map(ToString::to_string).collect() })
    }
    fn quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("there is another quorum above".to_owned());
        }
        if name != "none" {
            self.known(name)?;
        }
        self.quorum = Some((name != "none").then(|| name.to_owned()));
        Ok(())
    }
}

impl FromStr for Policy {
    type Err = PolicyError;
    fn from_str(text: &str) -> Result<Policy, PolicyError> {
        let mut draft = Draft::default();
        let mut line = 0;
        for text in text.lines() {
            line += 1;
            let wrong = |why: String| PolicyError { line, why };
            if line > LINES_MAX {
                return Err(wrong(format!("expected at most {LINES_MAX} lines")));
            }
            if text.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7F) {
                return Err(wrong("there are control characters".to_owned()));
            }
            let words: Vec<&str> =
                text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            if words.first().is_none_or(|first| first.starts_with('#')) {
                continue;
            }
            draft.add(&words).map_err(wrong)?;
        }
        let Draft { logs, witnesses, rules, quorum, .. } = draft;
        let missing = || PolicyError { line: line + 1, why: "expected a line quorum NAME".into() };
        Ok(Policy { logs, witnesses, rules, quorum: quorum.ok_or_else(missing)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cosignature::Cosigner, note::Signer};

    fn cosigner(number: u8) -> Cosigner {
        Cosigner::new(&format!("w{number}.example"), &[number; 32]).unwrap()
    }

    /// The words of a policy, with keys in their places.
    fn read(text: &str) -> Result<Policy, PolicyError> {
        let text = (1..=5).fold(text.to_owned(), |text, number| {
            text.replace(&format!("KEY{number}"), &cosigner(number).vkey().to_string())
        });
        let log = Signer::new("books.example/L/1", &[9; 32]).unwrap();
        text.replace("LOG", &log.vkey().to_string()).parse()
    }

    fn signed_by(numbers: &[u8]) -> Note {
        let log = Signer::new("books.example/L/1", &[9; 32]).unwrap();
        let note = Note::new("books.example/L/1\n3\nx\n".into(), &[&log]).unwrap();
        let sign = |note: Note, number: &u8| {
            let signature = cosigner(*number).cosign(note.unverified(), 7);
            note.with(signature)
        };
        numbers.iter().fold(note, sign)
    }

    const NESTED: &str = "log LOG https://books.example\n# two houses\n\nwitness a1 KEY1\n\
        witness a2\tKEY2  https://a2.example \n witness a3 KEY3\ngroup a 2 a1 a2 a3\n\
        witness b1 KEY4\nwitness b2 KEY5\ngroup b any b1 b2\ngroup both all a b\nquorum both\n";

    #[test]
    fn a_quorum_holds_when_enough_have_cosigned() {
        let policy = read(NESTED).unwrap();
        assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 5));
        assert_eq!(policy.witnesses()[1].url.as_deref(), Some("https://a2.example"));
        for (numbers, holds) in [
            (&[][..], false),
            (&[1, 2], false),
            (&[1, 2, 3], false),
            (&[1, 4], false),
            (&[4, 5], false),
            (&[1, 2, 4], true),
            (&[3, 2, 5], true),
            (&[1, 2, 3, 4, 5], true),
        ] {
            let note = signed_by(numbers);
            assert_eq!(policy.holds(&note), holds, "{numbers:?}");
            assert_eq!(policy.cosigners(&note).len(), numbers.len());
        }
        let one = read("witness w KEY1\nquorum w\n").unwrap();
        assert_eq!([one.holds(&signed_by(&[2])), one.holds(&signed_by(&[1]))], [false, true]);
        assert!(read("quorum none").unwrap().holds(&signed_by(&[])));
    }

    #[test]
    fn what_is_no_policy_is_refused_at_its_line() {
        for (text, line, why) in [
            ("", 1, "expected a line quorum NAME"),
            ("witness w KEY1\n", 2, "expected a line quorum NAME"),
            ("quorum w\nwitness w KEY1\n", 1, "expected a witness or group of a line above"),
            ("quorum none\nquorum none\n", 2, "there is another quorum"),
            ("witness w LOG\nquorum w\n", 1, "the type of witnesses"),
            ("log KEY1\nquorum none\n", 1, "the type of logs"),
            ("log LOG\nlog LOG\nquorum none\n", 2, "stands there twice"),
            ("witness w KEY1\nwitness v KEY1\nquorum w\n", 2, "v has the key of w"),
            ("witness w KEY1\nwitness w KEY2\nquorum w\n", 2, "the name w stands there twice"),
            ("witness none KEY1\nquorum none\n", 1, "the name none is taken"),
            ("witness w KEY1\ngroup g 2 w\nquorum g\n", 2, "expected any, all or 1 to 1"),
            ("witness w KEY1\ngroup g 0 w\nquorum g\n", 2, "expected any, all or 1 to 1"),
            ("witness w KEY1\ngroup g 01 w\nquorum g\n", 2, "expected any, all or 1 to 1"),
            ("group g all\nquorum g\n", 1, "expected any, all or 1 to 0"),
            ("witness w KEY1\ngroup g any w w\nquorum g\n", 2, "w is a member already"),
            (
                "witness w KEY1\ngroup g any w\ngroup h any w\nquorum g\n",
                3,
                "w is a member already",
            ),
            ("witness w KEY1\ngroup g any g\nquorum g\n", 2, "of a line above, got \"g\""),
            ("witness w KEY1\ngroup g any none\nquorum g\n", 2, "of a line above, got \"none\""),
            ("policy 1\nquorum none\n", 1, "expected log VKEY"),
            ("quorum none\r\n\u{7}\n", 2, "control characters"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.line, error.why.contains(why)), (line, true), "{text:?}: {error}");
        }
    }
}
