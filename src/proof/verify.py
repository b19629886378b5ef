#!/usr/bin/env python3
"""Checks what a Sijil ledger proves, with nothing but the Python that is there.

    verify.py KEY PROOF                  a record stands in the log (c2sp.org/tlog-proof)
    verify.py KEY OLDER NEWER PATH       the log of one checkpoint is the beginning of another's
    verify.py KEY BUNDLE                 the log holds the records behind a report's answer

KEY is the log's vkey, or a file that holds it; it must have come by another way than the proof.
PATH is the consistency proof: one hash in base64 a line, or the answer of
GET /v1/proofs/consistency as it is. Exit: 0 yes, 1 no, 2 wrong use,
4 unreadable. Follows c2sp.org/signed-note, RFC 8032 (Ed25519) and RFC 9162, section 2.1.
"""

import base64
import hashlib
import json
import sys

MAGIC = "c2sp.org/tlog-proof@v1"


class No(Exception):
    """The answer is no."""


class Unreadable(Exception):
    """What was to be checked has another form."""


# Ed25519, RFC 8032, section 5.1: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NOTHING = (0, 1, 1, 0)


def plus(a, b):
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    sum_ = NOTHING
    while number:
        if number & 1:
            sum_ = plus(sum_, point)
        point, number = plus(point, point), number >> 1
    return sum_


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point(y, odd):
    """The point of this y whose x is odd or not; None if there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


def decoded_point(data):
    number = int.from_bytes(data, "little")
    return point(number & (2**255 - 1), number >> 255)


BASE = point(4 * pow(5, P - 2, P) % P, 0)


def is_signature(key, text, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    public, random = decoded_point(key), decoded_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or random is None or scalar >= ORDER:
        return False
    if same(times(8, public), NOTHING) or same(times(8, random), NOTHING):
        return False
    digest = hashlib.sha512(signature[:32] + key + text).digest()
    number = int.from_bytes(digest, "little") % ORDER
    return same(times(scalar, BASE), plus(random, times(number, public)))


# Texts. Each is read as it is written, and in no other way.


def from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable(f"expected base64, got {text[:80]!r}") from error
    if base64.b64encode(data).decode() != text:
        raise Unreadable(f"expected base64 as it is written, got {text[:80]!r}")
    return data


def hash_of(text):
    data = from_base64(text)
    if len(data) != 32:
        raise Unreadable(f"expected a hash of 32 bytes, got {len(data)}")
    return data


def number_of(text):
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0"):
        raise Unreadable(f"expected a whole number, got {text[:80]!r}")
    return int(text)


def key_of(vkey):
    """Name, id and public key of a vkey."""
    try:
        name, id_, data = vkey.split("+", 2)
    except ValueError:
        raise Unreadable("expected a key as in name+0badcafe+base64") from None
    data = from_base64(data)
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if not name or len(data) != 33 or data[0] != 1 or expected.hex() != id_:
        raise Unreadable("the key is none of Ed25519, or was changed")
    return name, expected, data[1:]


def checkpoint_of(note, key):
    """Size and root that a note vouches for, if the key has signed it for the log of its name."""
    name, id_, public = key
    text, empty, signatures = note.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise Unreadable("the checkpoint is no signed note")
    text += "\n"
    signed = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, data = rest.partition(" ")
        data = from_base64(data)
        if dash != "\u2014" or not signer or len(data) < 5:
            raise Unreadable("a line of signatures is none")
        if signer == name and data[:4] == id_:
            if not is_signature(public, text.encode(), data[4:]):
                raise No("the signature is not one of this checkpoint")
            signed = True
    if not signed:
        raise No(f"the checkpoint is not signed by {name}")
    lines = text[:-1].split("\n")
    if len(lines) != 3:
        raise Unreadable(f"expected a checkpoint of three lines, got {len(lines)}")
    if lines[0] != name:
        raise No(f"the checkpoint is of {lines[0]}, not of {name}")
    return number_of(lines[1]), hash_of(lines[2])


# The tree.


def leaf(record):
    return hashlib.sha256(b"\0" + record).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def included(hash_, index, size, path, root):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    at, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hash_ = node(sibling, hash_)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node(hash_, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == root


def consistent(early, first, late, second, path):
    """RFC 9162, section 2.1.4.2."""
    if early > late:
        return False
    if early == 0 or early == late:
        return not path and first == (second if early else hashlib.sha256().digest())
    path = list(path)
    if early & (early - 1) == 0:
        path.insert(0, first)
    if not path:
        return False
    at, last = early - 1, late - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node(sibling, old), node(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first and new == second


def check_proof(key, proof):
    """What a proof proves: (index, size, record)."""
    head, empty, note = proof.partition("\n\n")
    lines = head.split("\n")
    fields = [line.partition(" ") for line in lines[1:3]]
    if not empty or lines[0] != MAGIC or [field[0] for field in fields] != ["extra", "index"]:
        raise Unreadable(f"expected a proof of the form {MAGIC}, with the record in it")
    record, index = from_base64(fields[0][2]), number_of(fields[1][2])
    path = [hash_of(line) for line in lines[3:]]
    size, root = checkpoint_of(note, key)
    if not included(leaf(record), index, size, path, root):
        raise No("the path does not lead from the record to the checkpoint's root")
    return index, size, record


def path_of(text):
    """The hashes of a consistency proof: an answer of the server, or one a line."""
    if not text.startswith("{"):
        return text.split("\n")[:-1]
    try:
        lines = json.loads(text)["path"]
        return [line if isinstance(line, str) else str(line) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"expected a path of hashes: {error}") from error


def check_consistency(key, older, newer, path):
    """The sizes of two checkpoints, the one the beginning of the other."""
    (early, first), (late, second) = checkpoint_of(older, key), checkpoint_of(newer, key)
    hashes = [hash_of(line) for line in path_of(path)]
    if not consistent(early, first, late, second, hashes):
        raise No(f"the log of {early} records is not proven to be the beginning of that of {late}")
    return early, late


# Bundles.


def header(name, size):
    """What stands before a file in an archive, POSIX.1-1988."""
    head = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size
    head += b"0" * 11 + b"\0" + b" " * 8 + b"0" + bytes(100) + b"ustar\00000"[:8]
    head = (head + bytes(64) + b"0000000\0" * 2).ljust(512, b"\0")
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]


def unpacked(data):
    """The files of an archive, by name, in their order."""
    files, at = {}, 0
    while len(data) - at > 1024:
        name, size = data[at : at + 100].rstrip(b"\0"), data[at + 124 : at + 135]
        is_number = not size.strip(b"01234567")
        if not is_number or data[at : at + 512] != header(name, int(size, 8)):
            raise Unreadable("the archive is not as it was written")
        end = at + 512 + int(size, 8)
        files[name.decode("utf-8", "replace")] = data[at + 512 : end]
        at = end + -end % 512
        if at > len(data) or data[end:at].strip(b"\0"):
            raise Unreadable("the archive is not as it was written")
    if data[at:] != bytes(1024):
        raise Unreadable("the archive does not end")
    return files


def joined(low, high, leaves, hashes):
    """The root of a part of the tree, of leaves (index, hash) and of the hashes beside them."""
    if not leaves or leaves[0][0] >= high:
        if not hashes:
            raise No("the tree lacks a hash")
        return hashes.pop(0)
    if high - low == 1:
        return leaves.pop(0)[1]
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    left = joined(low, middle, leaves, hashes)
    return node(left, joined(middle, high, leaves, hashes))


def root_of(leaves):
    """The root of a whole tree."""
    peaks = []
    for at, hash_ in enumerate(leaves, 1):
        while at & 1 == 0:
            hash_, at = node(peaks.pop(), hash_), at >> 1
        peaks.append(hash_)
    root = peaks.pop() if peaks else hashlib.sha256().digest()
    while peaks:
        root = node(peaks.pop(), root)
    return root


def records_of(entries):
    records, at = [], 0
    while at < len(entries):
        length = int.from_bytes(entries[at : at + 2], "big")
        records.append(entries[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(entries):
        raise Unreadable("the entries end too early")
    return records


FILES = ["README", "question.json", "answer.json", "records.ndjson", "tree.txt", "checkpoint"]


def check_bundle(key, data):
    """What a bundle proves: (report, positions, size, whether all records are there)."""
    files = unpacked(data)
    sums = files.pop("SHA256SUMS", b"")
    said = [f"{hashlib.sha256(one).hexdigest()}  {name}\n" for name, one in files.items()]
    if sums != "".join(said).encode():
        raise Unreadable("a file has another hash than SHA256SUMS says")
    entries = [name for name in files if name.startswith("entries/")]
    known = FILES + ["policy"] * ("policy" in files) + ["verify.py"] + entries
    if list(files) != known:
        raise Unreadable("the bundle has not the files that bundles have")
    text = {name: one.decode() for name, one in files.items() if name not in entries}
    records = []
    for line in text["records.ndjson"].splitlines():
        position, public = json.loads(line)["position"], json.loads(line)["public"]
        if line != f'{{"position":{position},"public":"{public}"}}':
            raise Unreadable("a line of records.ndjson is none")
        records.append((number_of(str(position)) - 1, from_base64(public)))
    size, root = checkpoint_of(text["checkpoint"], key)
    indices = [index for index, _ in records]
    if indices != sorted(set(indices)) or (indices and not 0 <= indices[0] <= indices[-1] < size):
        raise No("the records stand in no rising order of the log")
    leaves = [(index, leaf(record)) for index, record in records]
    hashes = [hash_of(line) for line in text["tree.txt"].splitlines()]
    if joined(0, size, leaves, hashes) != root or leaves or hashes:
        raise No("the records do not lead to the checkpoint's root")
    whole = [record for name in entries for record in records_of(files[name])]
    if entries and (len(whole) != size or root_of(map(leaf, whole)) != root):
        raise No("the entries are not those of the log")
    question, answer = json.loads(text["question.json"]), json.loads(text["answer.json"])
    at = answer["known_at"]
    if question["parameters"]["known_at"] != str(at) or question["report"] != answer["report"]:
        raise No("the answer is one to another question")
    if at > size or (indices and indices[-1] >= at):
        raise No("the answer is of another position than the records")
    return answer["report"], [index + 1 for index in indices], size, bool(entries)


def read_bytes(name):
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise Unreadable(str(error)) from error


def read(name):
    try:
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def main(arguments):
    if len(arguments) not in (2, 4):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        given = arguments[0]
        key = key_of(given if given.count("+") >= 2 else read(given).strip())
        data = read_bytes(arguments[1])
        if len(arguments) == 2 and data[257:262] == b"ustar":
            report, positions, size, whole = check_bundle(key, data)
            print(f"yes: {len(positions)} records behind {report} are among {size} of {key[0]}")
            print("all of these are here" if whole else "not proven: that none was left out")
            print("not proven: that the answer follows from them; see README in the bundle")
            return 0
        texts = [data.decode()] if len(arguments) == 2 else [read(name) for name in arguments[1:]]
        if len(texts) == 1:
            index, size, record = check_proof(key, texts[0])
            digest = hashlib.sha256(record).hexdigest()
            print(f"yes: record {index + 1} of {size} of {key[0]}, SHA-256 {digest}")
        else:
            early, late = check_consistency(key, *texts)
            print(f"yes: the {early} records of {key[0]} are the beginning of its {late}")
    except No as why:
        print(f"no: {why}", file=sys.stderr)
        return 1
    except (Unreadable, UnicodeDecodeError, ValueError, KeyError, TypeError) as why:
        print(f"unreadable: {why}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
