//! Arithmetic: ratios, shares, amounts in base, what credits leave, and the parts of a number, each
//! by worked numbers or against another way to compute it.

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use rust_decimal::Decimal;
use sijil_projections::{
    Sym,
    base::{Debt, Portions, Rated},
    ratio::Ratio,
    report::{Behind, Part, RowKey, Settled, Sum, Value},
    trade::{Credit, CreditPart, DocumentLine, Left},
};
use sijil_schemas::{Position, money::Amount};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A ratio with the same value kept apart.
type Kept = (Ratio, BigRational);

fn whole(value: Decimal) -> Kept {
    let ten = BigRational::from_integer(10.into());
    (
        Ratio::whole(value),
        BigRational::from_integer(value.mantissa().into())
            / ten.pow(i32::try_from(value.scale()).unwrap()),
    )
}

/// What both round to says the same, where it is a decimal at all.
fn agree((ratio, exact): &Kept, said: &str) {
    for places in [0, 2, 6] {
        let unit = BigRational::from_integer(10.into()).pow(places);
        let rounded = (exact * &unit).round().to_integer();
        let Some(rounded) = i128::try_from(rounded).ok().filter(|n| n.unsigned_abs() < 1 << 95)
        else {
            continue;
        };
        let places = u32::try_from(places).unwrap();
        assert_eq!(
            ratio.round(places),
            Decimal::from_i128_with_scale(rounded, places),
            "{said} to {places} places"
        );
    }
}

#[test]
fn ratios_small_and_large_are_exact() {
    let mantissas = [
        0,
        1,
        -1,
        3,
        -7,
        50,
        125,
        -99_995,
        1_000_000_007,
        -79_228_162_514_264_337_593_543_950_335,
        79_228_162_514_264_337_593_543_950_334,
    ];
    let decimals = mantissas.iter().flat_map(|mantissa| {
        [0, 2, 6, 28].map(|scale| Decimal::from_i128_with_scale(*mantissa, scale))
    });
    let wholes: Vec<Kept> = decimals.map(whole).collect();
    let quotients = wholes.iter().flat_map(|a| {
        wholes
            .iter()
            .step_by(5)
            .filter(|b| !b.1.is_zero())
            .map(|b| (a.0.over(&b.0).unwrap(), &a.1 / &b.1))
    });
    let all: Vec<Kept> = wholes.iter().cloned().chain(quotients).collect();
    for a in &all {
        agree(a, &a.1.to_string());
        for b in all.iter().step_by(7) {
            let said = |what: &str| format!("{} {what} {}", a.1, b.1);
            assert_eq!(a.0.cmp(&b.0), a.1.cmp(&b.1), "{}", said("and"));
            agree(&(a.0.times(&b.0), &a.1 * &b.1), &said("times"));
            agree(&(a.0.plus(&b.0), &a.1 + &b.1), &said("plus"));
            agree(&(a.0.minus(&b.0), &a.1 - &b.1), &said("minus"));
            match a.0.over(&b.0) {
                Some(over) => agree(&(over, &a.1 / &b.1), &said("over")),
                None => assert!(b.1.is_zero()),
            }
        }
    }
    assert!(all.iter().any(|(_, exact)| exact.is_negative()) && all.len() > 300, "{}", all.len());
}

#[test]
fn halves_are_rounded_away_from_zero() {
    for (top, bottom, places, expected) in [
        (1, 2, 0, "1"),
        (-1, 2, 0, "-1"),
        (1, 3, 2, "0.33"),
        (-2, 3, 2, "-0.67"),
        (1, 8, 2, "0.13"),
        (-1, 8, 2, "-0.13"),
    ] {
        let ratio = Ratio::of(Decimal::from(top), Decimal::from(bottom)).unwrap();
        assert_eq!(ratio.round(places).to_string(), expected, "{top} over {bottom}");
    }
}

fn rated(rate: &str) -> Rated {
    Rated::at("EUR".parse().unwrap(), dec(rate), 2)
}

#[test]
fn an_invoice_paid_in_three_parts_is_nothing_in_base_in_the_end() {
    let mut debt: Debt<u8> = Debt::nothing(rated("0.3335"));
    assert_eq!(debt.open(dec("3.00")), dec("1.00"));
    let parts = [1, 2, 3].map(|payment| debt.open.allocate(payment, Decimal::ONE));
    assert_eq!(parts, ["0.33", "0.34", "0.33"].map(dec));
    assert_eq!(debt.open.left().base(), Decimal::ZERO);
}

#[test]
fn what_is_taken_back_has_the_cents_that_its_allocation_took() {
    let mut debt: Debt<u8> = Debt::nothing(rated("0.3335"));
    debt.open(dec("3.00"));
    for payment in [1, 2, 3] {
        debt.open.allocate(payment, Decimal::ONE);
    }
    assert_eq!(debt.open.unallocate(2, Decimal::ONE), dec("0.34"));
    assert_eq!(debt.open.left().base(), dec("0.34"));
    assert_eq!(debt.open.holders(), [(1, Decimal::ONE), (3, Decimal::ONE)]);
}

#[test]
fn a_credit_after_payment_is_a_share_of_what_was_paid_and_nothing_is_left_over() {
    let mut debt: Debt<u8> = Debt::nothing(rated("0.3366"));
    assert_eq!(debt.open(dec("3.00")), dec("1.01"));
    let paid = [1, 2, 3].map(|payment| debt.open.allocate(payment, Decimal::ONE));
    assert_eq!(paid, ["0.34", "0.34", "0.33"].map(dec));
    assert_eq!(debt.credit(Decimal::ONE), dec("0.34"));
    assert_eq!(debt.open.left().base(), dec("-0.34"));
    // 0.33 were taken; the cent more is what leaves nothing open at nothing.
    assert_eq!(debt.open.unallocate(3, Decimal::ONE), dec("0.34"));
    assert_eq!((debt.open.left().own(), debt.open.left().base()), (Decimal::ZERO, Decimal::ZERO));
    assert_eq!(debt.credit(dec("2.00")), dec("0.67"), "all that earlier credits left");
}

#[test]
fn lines_are_shares_of_what_the_document_is_rounded_to() {
    let lines = [("1.00", "0.20"), ("1.00", "0.00"), ("1.00", "0.20")];
    let lines = lines.map(|(net, tax)| (dec(net), dec(tax)));
    let parts = rated("0.3335").lines(&lines);
    let sum: Decimal = parts.iter().map(|(net, tax)| net + tax).sum();
    assert_eq!(sum, dec("1.13"), "3.40 at 0.3335 is 1.1339");
    assert_eq!(parts[1].1, Decimal::ZERO);
    let mut left = Portions::of(rated("0.3335"), dec("1.00"), &[dec("2"), dec("1")]);
    assert_eq!(left.base(), ["0.67", "0.33"].map(dec));
    assert_eq!(left.take(dec("0.33"), &[dec("1"), dec("0")]), ["0.33", "0"].map(dec));
    assert_eq!(left.take(dec("0.67"), &[dec("1"), dec("1")]), ["0.34", "0.33"].map(dec));
}

/// Positions with amounts.
type Given<'a> = &'a [(u64, &'a str)];

fn parts(of: Given<'_>) -> Vec<Part> {
    of.iter().map(|(position, amount)| Part::of(Position::new(*position), dec(amount))).collect()
}

/// The parts of a sum that is shown like this.
fn listed(sum: &Sum, shown: Option<&str>) -> (Vec<Part>, Settled) {
    match sum.shown(|_| Value::Null).why.as_deref() {
        Some(Behind::Sum(parts)) => parts.listed(shown.map(dec)),
        other => panic!("a sum has parts, got {other:?}"),
    }
}

#[test]
fn parts_come_to_what_is_shown() {
    let rows: [(Given<'_>, &str, Given<'_>); 5] = [
        (&[(1, "10"), (2, "-4")], "6", &[(1, "10"), (2, "-4")]),
        (&[(1, "0.335"), (2, "0.335")], "0.67", &[(1, "0.335"), (2, "0.335")]),
        (&[(1, "0.335"), (2, "0.336")], "0.67", &[(1, "0.33"), (2, "0.34")]),
        (&[(1, "1.004"), (2, "-0.336")], "0.67", &[(1, "1.01"), (2, "-0.34")]),
        (&[(2, "5"), (1, "3"), (2, "-5")], "3", &[(1, "3")]),
    ];
    for (given, shown, expected) in rows {
        let mut sum = Sum::new(true);
        parts(given).into_iter().for_each(|part| sum += part);
        assert_eq!(listed(&sum, Some(shown)).0, parts(expected), "{given:?} shown as {shown}");
    }
}

#[test]
fn what_comes_to_nothing_is_counted() {
    let mut sum = Sum::new(true);
    sum.document(&parts(&[(1, "100"), (3, "-60"), (4, "-40")]));
    sum.document(&parts(&[(2, "50"), (5, "-20")]));
    assert_eq!(sum.get(), Decimal::from(30));
    assert_eq!(
        listed(&sum, None),
        (parts(&[(2, "50"), (5, "-20")]), Settled { documents: 1, records: 3 })
    );
}

#[test]
fn running_totals_share_their_records_and_grow_apart() {
    let step = |part: (u64, &str)| {
        let mut sum = Sum::new(true);
        sum += parts(&[part])[0];
        sum
    };
    let mut totals = Sum::running(true, &[step((1, "10")), step((2, "-3"))]);
    assert_eq!(
        totals.iter().map(Sum::get).collect::<Vec<_>>(),
        [Decimal::from(10), Decimal::from(7)]
    );
    totals[0] += parts(&[(9, "1")])[0];
    assert_eq!(listed(&totals[0], None).0, parts(&[(1, "10"), (9, "1")]));
    assert_eq!(listed(&totals[1], None).0, parts(&[(1, "10"), (2, "-3")]));
}

#[test]
fn a_key_is_read_as_it_is_written() {
    let keys: [&[Option<&str>]; 7] = [
        &[Some("EUR")],
        &[None],
        &[None, None],
        &[Some("a,b"), Some("c")],
        &[Some("say \"hi\""), None],
        &[Some("")],
        &[Some("\"")],
    ];
    for key in keys {
        let key = RowKey(key.iter().map(|value| value.map(str::to_owned)).collect());
        assert_eq!(RowKey::parse(&key.to_string()).as_ref(), Ok(&key), "{key}");
    }
    for (text, expected) in [("\"EUR", "closing"), ("\"EUR\"x", "comma"), ("E\"UR", "twice")] {
        assert!(RowKey::parse(text).is_err_and(|error| error.contains(expected)), "{text}");
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}
fn line(key: &str, net: &str, tax: &str) -> DocumentLine {
    DocumentLine {
        // A number stands for a key: here its first byte.
        key: Sym::of(u32::from(key.as_bytes()[0])),
        item: None,
        qty: "1".parse().unwrap(),
        price: amount(net),
        net: amount(net),
        tax: amount(tax),
    }
}
fn credit(total: &str, lines: Vec<DocumentLine>) -> Credit {
    Credit { total: amount(total).get(), lines }
}
fn taken(left: &mut Left, total: &str, lines: Vec<DocumentLine>) -> Vec<String> {
    let shown = |part: &CreditPart| format!("{}/{}", part.net, part.tax);
    left.take(&credit(total, lines)).iter().map(shown).collect()
}

#[test]
fn totals_are_split_by_what_is_left_and_the_last_takes_the_rest() {
    let eur = "EUR".parse().unwrap();
    let mut left = Left::of(&[line("1", "10.00", "1.90")], eur);
    for (total, expected) in [("3.97", "3.34/0.63"), ("3.97", "3.33/0.64"), ("3.96", "3.33/0.63")] {
        assert_eq!(left.beyond(&credit(total, Vec::new())), None);
        assert_eq!(taken(&mut left, total, Vec::new()), [expected]);
    }
    assert!(left.beyond(&credit("0.01", Vec::new())).is_some(), "nothing is left");

    let mut left = Left::of(&[line("A", "33.33", "6.33"), line("B", "10.00", "0.70")], eur);
    assert_eq!(taken(&mut left, "13.22", vec![line("A", "11.11", "2.11")]), ["11.11/2.11"]);
    assert_eq!(taken(&mut left, "20.00", Vec::new()), ["11.97/2.27", "5.38/0.38"]);
    assert_eq!(taken(&mut left, "17.14", Vec::new()), ["10.25/1.95", "4.62/0.32"]);
}

#[test]
fn net_and_tax_of_a_line_are_left_each_by_itself() {
    let left =
        Left::of(&[line("1", "100", "7"), line("discount", "-10", "0")], "EUR".parse().unwrap());
    let beyond = |key: &str, net: &str, tax: &str| {
        let total = (amount(net).get() + amount(tax).get()).to_string();
        left.beyond(&credit(&total, vec![line(key, net, tax)]))
            .map(|b| (b.figure, b.left.to_string()))
    };
    assert_eq!(beyond("1", "19", "8"), Some(("tax", "7".into())));
    assert_eq!(beyond("1", "91", "7"), Some(("total", "97".into())));
    assert_eq!(beyond("1", "90", "7"), None);
    assert_eq!(beyond("discount", "-10", "0"), None, "a discount is taken back by its negative");
    assert_eq!(beyond("discount", "-10.01", "0"), Some(("net", "-10".into())));
    assert_eq!(beyond("discount", "1", "0"), Some(("net", "-10".into())), "never against its sign");
}
